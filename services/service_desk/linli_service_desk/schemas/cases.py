"""Cases as they are asked for and shown."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from linli_chassis.http import ResponseSchema, PageQuery
from linli_chassis.i18n import Text
from linli_contracts.fields import REGION_CODE, SERVICE_CODE
from marshmallow import ValidationError, fields, post_load, validate

from linli_service_desk.domain.case import State

STATES = tuple(state.value for state in State)


def _moment(description: str = "", *, allow_none: bool = False) -> fields.AwareDateTime:
    return fields.AwareDateTime(
        required=True, allow_none=allow_none, metadata={"description": description}
    )


def _position(after: list[Any]) -> tuple[datetime, UUID]:
    try:
        opened_at, case_id = after
        return datetime.fromisoformat(opened_at), UUID(case_id)
    except (ValueError, TypeError, AttributeError):
        raise ValidationError(Text("Not a cursor of ours."), "cursor") from None


class CaseQuery(PageQuery):
    """Which cases to list."""

    state = fields.String(validate=validate.OneOf(STATES))
    grid_code = fields.String(
        validate=REGION_CODE, metadata={"description": "A grid, or any region above it."}
    )
    service = fields.String(validate=SERVICE_CODE)
    request_id = fields.UUID()
    unit_id = fields.UUID()

    @post_load
    def decode(self, data: dict[str, Any], **more: Any) -> dict[str, Any]:
        """The position of a page is the time and the id of the case before it."""
        data = super().decode(data, **more)
        if data["after"]:
            data["after"] = _position(data["after"])
        return data


class Service(ResponseSchema):
    """An entry of the service catalogue. Limits are working hours."""

    code = fields.String(required=True)
    domain = fields.String(required=True)
    name = fields.String(required=True)
    name_zh = fields.String(required=True)
    name_en = fields.String(required=True)
    answer_hours = fields.Float(required=True)
    finish_hours = fields.Float(required=True)
    priority_for = fields.List(fields.String(), required=True)


class Services(ResponseSchema):
    """The service catalogue."""

    items = fields.List(fields.Nested(Service), required=True)


class CaseSummary(ResponseSchema):
    """A case as it stands."""

    case_id = fields.UUID(required=True)
    request_id = fields.UUID(required=True)
    service = fields.String(required=True)
    service_name = fields.String(required=True)
    grid_code = fields.String(required=True, allow_none=True)
    priority = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    level = fields.String(
        required=True, allow_none=True, metadata={"description": "The level it was raised to."}
    )
    resource_id = fields.UUID(required=True, allow_none=True)
    unit_id = fields.UUID(required=True, allow_none=True)
    unit_name = fields.String(required=True, allow_none=True)
    owner_unit_id = fields.UUID(required=True, allow_none=True)
    opened_at = _moment()
    answer_due_at = _moment("Until when someone has to answer.", allow_none=True)
    answered_at = _moment(allow_none=True)
    dispatched_at = _moment("First dispatch since it was opened or reopened.", allow_none=True)
    reply_due_at = _moment("Until when the provider has to accept or decline.", allow_none=True)
    due_at = _moment("Until when it is to be finished.", allow_none=True)
    resume_at = _moment("When a suspended case goes on.", allow_none=True)
    resolved_at = _moment(allow_none=True)
    ended_at = _moment("When it was closed or cancelled.", allow_none=True)
    recorded = fields.Boolean(required=True, metadata={"description": "History of another system."})
    extended = fields.Boolean(required=True)
    reassignments = fields.Integer(required=True)
    reworks = fields.Integer(required=True)
    unmatched_reasons = fields.List(fields.String(), required=True)


class PossibleAction(ResponseSchema):
    """An action that the caller may take now: POST it to `/cases/<case_id>/<action>` with the
    fields it asks for.
    """

    action = fields.String(required=True)
    asks = fields.List(fields.String(), required=True)
    to = fields.String(required=True)


class Reason(ResponseSchema):
    """One part of the cost of a match, in thousandths of a point."""

    factor = fields.String(required=True)
    cost = fields.Integer(required=True)


class Choice(ResponseSchema):
    """A next choice of the match."""

    resource_id = fields.UUID(required=True)
    cost = fields.Integer(required=True)


class MatchAnswer(ResponseSchema):
    """To whom the case was given last, and why."""

    resource_id = fields.UUID(required=True)
    unit_id = fields.UUID(required=True)
    by = fields.String(required=True)
    at = _moment()
    reasons = fields.List(fields.Nested(Reason), required=True)
    alternatives = fields.List(fields.Nested(Choice), required=True)


class HistoryEntry(ResponseSchema):
    """One thing that was done to a case."""

    at = _moment()
    account = fields.String(required=True)
    action = fields.String(required=True)
    from_state = fields.String(required=True, allow_none=True)
    to_state = fields.String(required=True)
    reason = fields.String(required=True, allow_none=True)
    resource_id = fields.UUID(required=True, allow_none=True)
    note = fields.String(required=True, allow_none=True)
    evidence = fields.List(fields.String(), required=True, allow_none=True)


class CaseDetail(CaseSummary):
    """A case with its story and what may be done now."""

    places = fields.List(
        fields.String(), required=True, metadata={"description": "Names from the district down."}
    )
    actions = fields.List(fields.Nested(PossibleAction), required=True)
    match = fields.Nested(MatchAnswer, required=True, allow_none=True)
    history = fields.List(fields.Nested(HistoryEntry), required=True)


class Tracking(ResponseSchema):
    """What a resident sees of the case."""

    state = fields.String(required=True, validate=validate.OneOf(STATES))
    service = fields.String(required=True)
    service_name = fields.String(required=True)
    unit_name = fields.String(required=True, allow_none=True)
    opened_at = _moment()
    answer_due_at = _moment(allow_none=True)
    due_at = _moment(allow_none=True)
    ended_at = _moment(allow_none=True)
    can_rate = fields.Boolean(required=True)
    can_reopen_until = _moment(allow_none=True)
