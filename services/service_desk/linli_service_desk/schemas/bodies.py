"""What is sent with an action on a case, one schema for each."""

from __future__ import annotations

from typing import Any

from linli_chassis.http import BodySchema
from marshmallow import ValidationError, fields, validate, validates_schema

DECLINE_REASONS = ("no_capacity", "out_of_area", "lacks_skill", "other")
SUSPEND_REASONS = ("season", "funds", "law", "construction", "other")
EXTEND_REASONS = ("complex", "materials", "weather", "other")
ESCALATE_REASONS = ("beyond_power", "joint_enforcement", "emergency", "other")
CANCEL_REASONS = ("withdrawn", "duplicate", "not_ours", "referred_out", "other")
REOPEN_REASONS = ("not_solved", "came_back", "other")


def _code(*values: str, **more: Any) -> fields.String:
    return fields.String(required=True, validate=validate.OneOf(values), **more)


def _moment(description: str = "", *, allow_none: bool = False) -> fields.AwareDateTime:
    return fields.AwareDateTime(
        required=True, allow_none=allow_none, metadata={"description": description}
    )


def _note(*, required: bool) -> fields.String:
    what = {"description": "Free text; kept encrypted."}
    if required:
        return fields.String(required=True, validate=validate.Length(1, 2000), metadata=what)
    return fields.String(
        load_default=None, allow_none=True, validate=validate.Length(max=2000), metadata=what
    )


class DispatchBody(BodySchema):
    """To whom."""

    resource_id = fields.UUID(required=True)


class DeclineBody(BodySchema):
    """Why the provider does not take it."""

    reason = _code(*DECLINE_REASONS)


class ReturnBody(BodySchema):
    """Whose duty it is."""

    owner_unit_id = fields.UUID(required=True)


class SuspendBody(BodySchema):
    """Why it cannot be done within the limit, and when work goes on."""

    reason = _code(*SUSPEND_REASONS)
    resume_at = _moment("When work goes on; must lie ahead.")


class ExtendBody(BodySchema):
    """Why and by how much the limit is moved."""

    reason = _code(*EXTEND_REASONS)
    hours = fields.Float(
        required=True,
        validate=validate.Range(min=0, min_inclusive=False, max=500),
        metadata={"description": "Working hours to add to the limit."},
    )


class EscalateBody(BodySchema):
    """Why it is raised."""

    reason = _code(*ESCALATE_REASONS)


class ResolveBody(BodySchema):
    """What was done, and what shows it."""

    note = _note(required=True)
    evidence = fields.List(
        fields.String(validate=validate.Length(1, 500)),
        required=True,
        validate=validate.Length(1, 20),
        metadata={"description": "References of photos, records or receipts; at least one."},
    )


class CheckBody(BodySchema):
    """What the check found."""

    passed = fields.Boolean(required=True, truthy={True}, falsy={False})
    note = _note(required=False)


class CancelBody(BodySchema):
    """Why it is struck off."""

    reason = _code(*CANCEL_REASONS)


class ReopenBody(BodySchema):
    """Why it is taken up again."""

    reason = _code(*REOPEN_REASONS)


class FeedbackBody(BodySchema):
    """The resident's verdict."""

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
            "description": "Take the case up again; only when it is not solved, and within the days of grace."
        },
    )

    @validates_schema
    def only_unsolved_is_reopened(self, data: dict[str, Any], **_: Any) -> None:
        """A case that is solved is not reopened."""
        if data["reopen"] and data["solved"]:
            raise ValidationError("Only what is not solved can be reopened.", "reopen")
