"""Closing and revising at the HTTP edge."""

from __future__ import annotations

from linli_chassis.http import BodySchema, ResponseSchema
from marshmallow import fields, validate

from linli_evaluation.periods import domain


class ClosePeriod(BodySchema):
    """Closing a period."""

    makes = domain.ClosePeriod

    early = fields.Boolean(
        load_default=False, metadata={"description": "Close it although it still runs."}
    )


class RevisePeriod(BodySchema):
    """Revising a closed period."""

    makes = domain.RevisePeriod

    reason = fields.String(required=True, validate=validate.Length(1, 500))


class ClosedPeriodResponse(ResponseSchema):
    """A period that was closed or revised."""

    period = fields.String(attribute="closing.period")
    revision = fields.Integer(attribute="closing.revision")
    closed_at = fields.AwareDateTime(attribute="closing.closed_at")
    reason = fields.String(attribute="closing.reason", allow_none=True)
    definitions_hash = fields.String(attribute="closing.definitions_hash")
    inputs_hash = fields.String(attribute="closing.inputs_hash")
    scorecards = fields.Integer(metadata={"description": "How many were published."})
