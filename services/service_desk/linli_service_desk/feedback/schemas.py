"""What residents send and see at the HTTP edge."""

from __future__ import annotations

from typing import Any

from linli_chassis.http import BodySchema, ResponseSchema
from marshmallow import ValidationError, fields, validate, validates_schema

from linli_service_desk.cases import STATE_CODES
from linli_service_desk.feedback.domain import GiveFeedback


class FeedbackBody(BodySchema):
    """The resident's verdict."""

    makes = GiveFeedback

    tracking_code = fields.String(required=True, validate=validate.Length(1, 64))
    answered = fields.Boolean(required=True, truthy={True}, falsy={False})
    solved = fields.Boolean(required=True, truthy={True}, falsy={False})
    satisfaction = fields.Integer(
        strict=True, load_default=None, allow_none=True, validate=validate.Range(1, 5)
    )
    reopen = fields.Boolean(
        load_default=False,
        truthy={True},
        falsy={False},
        metadata={
            "description": "Take the case up again; only when it is not solved, and within the "
            "days of grace."
        },
    )

    @validates_schema
    def only_unsolved_is_reopened(self, data: dict[str, Any], **_: Any) -> None:
        """A case that is solved is not reopened."""
        if data["reopen"] and data["solved"]:
            raise ValidationError("Only what is not solved can be reopened.", "reopen")


class Tracking(ResponseSchema):
    """What a resident sees of the case."""

    state = fields.String(required=True, validate=validate.OneOf(STATE_CODES))
    service = fields.String(required=True)
    service_name = fields.String(required=True)
    unit_name = fields.String(required=True, allow_none=True)
    opened_at = fields.AwareDateTime(required=True)
    answer_due_at = fields.AwareDateTime(required=True, allow_none=True)
    due_at = fields.AwareDateTime(required=True, allow_none=True)
    ended_at = fields.AwareDateTime(required=True, allow_none=True)
    can_rate = fields.Boolean(required=True)
    can_reopen_until = fields.AwareDateTime(required=True, allow_none=True)
