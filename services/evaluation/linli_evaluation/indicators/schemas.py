"""Indicators at the HTTP edge."""

from __future__ import annotations

from linli_chassis.http import ResponseSchema
from marshmallow import fields

from linli_evaluation.schemas import IndicatorResponse


class GradeResponse(ResponseSchema):
    """A band of scores."""

    code = fields.String()
    at_least = fields.Float()
    zh = fields.String()
    en = fields.String()


class IndicatorsResponse(ResponseSchema):
    """The definitions that open periods are scored by."""

    definitions_hash = fields.String(attribute="hash")
    indicators = fields.List(fields.Nested(IndicatorResponse))
    grades = fields.List(fields.Nested(GradeResponse))
