"""Cases at the HTTP edge: the bodies of the actions, the query of the list, and the responses."""

from __future__ import annotations

from linli_chassis.http import BodySchema, PageQuery, ResponseSchema
from linli_contracts.fields import REGION_CODE, SERVICE_CODE
from marshmallow import fields, validate

from linli_service_desk.cases.domain import actions
from linli_service_desk.cases.domain.case import State
from linli_service_desk.cases.queries import ListCases

STATE_CODES = tuple(state.value for state in State)
DECLINE_REASONS = ("no_capacity", "out_of_area", "lacks_skill", "other")
SUSPEND_REASONS = ("season", "funds", "law", "construction", "other")
EXTEND_REASONS = ("complex", "materials", "weather", "other")
ESCALATE_REASONS = ("beyond_power", "joint_enforcement", "emergency", "other")
CANCEL_REASONS = ("withdrawn", "duplicate", "not_ours", "referred_out", "other")
REOPEN_REASONS = ("not_solved", "came_back", "other")


def _code(values: tuple[str, ...]) -> fields.String:
    return fields.String(required=True, validate=validate.OneOf(values))


def _moment(description: str = "", *, allow_none: bool = False) -> fields.AwareDateTime:
    metadata = {"description": description} if description else None
    return fields.AwareDateTime(required=True, allow_none=allow_none, metadata=metadata)


def _note(*, required: bool) -> fields.String:
    what = {"description": "Free text; kept encrypted."}
    if required:
        return fields.String(required=True, validate=validate.Length(1, 2000), metadata=what)
    return fields.String(
        load_default=None, allow_none=True, validate=validate.Length(max=2000), metadata=what
    )


class DeclineBody(BodySchema):
    """Why the provider does not take it."""

    makes = actions.DeclineCase

    reason = _code(DECLINE_REASONS)


class ReturnBody(BodySchema):
    """Whose duty it is."""

    makes = actions.ReturnCase

    owner_unit_id = fields.UUID(required=True)


class SuspendBody(BodySchema):
    """Why it cannot be done within the limit, and when work goes on."""

    makes = actions.SuspendCase

    reason = _code(SUSPEND_REASONS)
    resume_at = _moment("When work goes on; must lie ahead.")


class ExtendBody(BodySchema):
    """Why and by how much the limit is moved."""

    makes = actions.ExtendCase

    reason = _code(EXTEND_REASONS)
    hours = fields.Float(
        required=True,
        validate=validate.Range(min=0, min_inclusive=False, max=500),
        metadata={"description": "Working hours to add to the limit."},
    )


class EscalateBody(BodySchema):
    """Why it is raised."""

    makes = actions.EscalateCase

    reason = _code(ESCALATE_REASONS)


class ResolveBody(BodySchema):
    """What was done, and what shows it."""

    makes = actions.ResolveCase

    note = _note(required=True)
    evidence = fields.List(
        fields.String(validate=validate.Length(1, 500)),
        required=True,
        validate=validate.Length(1, 20),
        metadata={"description": "References of photos, records or receipts; kept encrypted."},
    )


class CheckBody(BodySchema):
    """What the check found."""

    makes = actions.CheckCase

    passed = fields.Boolean(required=True, truthy={True}, falsy={False})
    note = _note(required=False)


class CancelBody(BodySchema):
    """Why it is struck off."""

    makes = actions.CancelCase

    reason = _code(CANCEL_REASONS)


class ReopenBody(BodySchema):
    """Why it is taken up again."""

    makes = actions.ReopenCase

    reason = _code(REOPEN_REASONS)


class CaseQuery(PageQuery):
    """Which cases to list."""

    makes = ListCases

    state = fields.String(validate=validate.OneOf(STATE_CODES))
    grid_code = fields.String(
        validate=REGION_CODE, metadata={"description": "A grid, or any region above it."}
    )
    service = fields.String(validate=SERVICE_CODE)
    request_id = fields.UUID()
    unit_id = fields.UUID()
    laid_aside = fields.Boolean(
        truthy={"true", "1"},
        falsy={"false", "0"},
        metadata={"description": "Whether matching cannot take it, so that a dispatcher has to."},
    )


class CaseSummary(ResponseSchema):
    """A case as it stands."""

    case_id = fields.UUID(required=True)
    request_id = fields.UUID(required=True)
    service = fields.String(required=True)
    service_name = fields.String(required=True)
    grid_code = fields.String(required=True, allow_none=True)
    priority = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(STATE_CODES))
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
    laid_aside = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Why matching cannot take it: failed, timed_out or ended."},
    )


class PossibleAction(ResponseSchema):
    """An action possible now: POST it to `/cases/<case_id>/<action>` with what it asks for."""

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
