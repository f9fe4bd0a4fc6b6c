"""Events of the service desk: a case through the seven steps, its matches, and the resident's verdict."""

from __future__ import annotations

from marshmallow import EXCLUDE, Schema, fields, validate

from linli_contracts.fields import PRIORITIES, code, count, flag, grid, identifier, moment, region, service
from linli_contracts.schema import EventData, event

ALL = ("evaluation",)


class CaseEvent(EventData):
    """What every event of a case carries, so that a consumer can fold it without asking."""

    case_id = identifier("The case.", required=True)
    request_id = identifier("The resident's request it serves.", required=True)


@event(producer="service_desk", consumers=ALL)
class CaseOpened(CaseEvent):
    """A case was established for a verified request (step 2, 案卷建立)."""

    service = service("The catalogue entry it falls under.", required=True)
    grid_code = grid("Where; null when outside every grid.", required=True, allow_none=True)
    priority = code("Need of the resident.", required=True, validate=validate.OneOf(PRIORITIES))
    answer_due_at = moment("Until when someone has to answer.", required=True, allow_none=True)


class Candidate(Schema):
    """A resource that could have served, and what it would have cost."""

    class Meta:
        unknown = EXCLUDE

    resource_id = identifier("The resource.", required=True)
    cost = fields.Integer(strict=True, required=True, metadata={"description": "Matching cost; less is better."})


class MatchReason(Schema):
    """One part of the cost of a match."""

    class Meta:
        unknown = EXCLUDE

    factor = code("distance, load, slack, continuity or priority.", required=True)
    cost = fields.Integer(strict=True, required=True, metadata={"description": "Its share of the cost."})


@event(producer="service_desk", consumers=ALL)
class CaseDispatched(CaseEvent):
    """A case was given to a resource (step 3, 任务派遣): the clock to finish starts."""

    resource_id = identifier("The resource.", required=True)
    unit_id = identifier("The unit that offers it.", required=True)
    by = code("matching or dispatcher.", required=True, validate=validate.OneOf(("matching", "dispatcher")))
    due_at = moment("Until when it is to be finished.", required=True)
    reply_due_at = moment("Until when the provider has to accept or decline.", required=True)
    reasons = fields.List(
        fields.Nested(MatchReason), required=True, metadata={"description": "What its cost is made of; may be empty."}
    )
    alternatives = fields.List(
        fields.Nested(Candidate), required=True, metadata={"description": "The next choices, best first."}
    )


@event(producer="service_desk", consumers=ALL)
class CaseUnmatched(CaseEvent):
    """No resource can take the case: the need goes on the needs list."""

    service = service("What is missing.", required=True)
    region_code = region("Where it is missing; null when outside every grid.", required=True, allow_none=True)
    reason = code("no_service, no_coverage, no_capacity or all_declined.", required=True)


@event(producer="service_desk", consumers=ALL)
class CaseAccepted(CaseEvent):
    """The provider accepted the case; handling begins (step 4, 任务处理)."""

    resource_id = identifier("The resource.", required=True)
    unit_id = identifier("The unit.", required=True)


@event(producer="service_desk", consumers=ALL)
class CaseDeclined(CaseEvent):
    """The provider declined, or let the time to reply pass; the case is matched again."""

    resource_id = identifier("The resource.", required=True)
    unit_id = identifier("The unit.", required=True)
    reason = code("Why: no_capacity, out_of_area, lacks_skill, no_reply, other.", required=True)


@event(producer="service_desk", consumers=ALL)
class CaseReturned(CaseEvent):
    """The provider returned the case (退回): not its duty, and it says whose it is."""

    resource_id = identifier("The resource.", required=True)
    unit_id = identifier("The unit that returns it.", required=True)
    owner_unit_id = identifier("The unit whose duty it is.", required=True)


@event(producer="service_desk", consumers=ALL)
class CaseSuspended(CaseEvent):
    """The case cannot be done within its limit and was suspended (挂账), with approval and a date."""

    reason = code("Why.", required=True)
    resume_at = moment("When work goes on.", required=True)


@event(producer="service_desk", consumers=ALL)
class CaseResumed(CaseEvent):
    """Work on a suspended case goes on."""

    due_at = moment("The new limit.", required=True)


@event(producer="service_desk", consumers=ALL)
class CaseExtended(CaseEvent):
    """The limit was extended once (延期)."""

    reason = code("Why.", required=True)
    due_at = moment("The new limit.", required=True)


@event(producer="service_desk", consumers=ALL)
class CaseEscalated(CaseEvent):
    """The case was raised one level (升级)."""

    level = code(
        "The level it went to.", required=True, validate=validate.OneOf(("community", "subdistrict", "district"))
    )
    reason = code("overdue, reworks, reassignments or asked.", required=True)


@event(producer="service_desk", consumers=ALL)
class CaseResolved(CaseEvent):
    """The provider reported the work as done, with evidence (step 5, 处理反馈)."""

    resource_id = identifier("The resource.", required=True)
    unit_id = identifier("The unit.", required=True)


@event(producer="service_desk", consumers=ALL)
class CaseReworked(CaseEvent):
    """The check on site found it not as reported; back to handling (返工)."""

    reworks = count("How often this case has been sent back by now.", required=True)


@event(producer="service_desk", consumers=ALL)
class CaseClosed(CaseEvent):
    """The check held and the case was closed (step 6, 核查结案)."""

    working_hours = fields.Float(
        required=True,
        allow_none=True,
        metadata={"description": "Working hours from dispatch to the provider's report; null for imported history."},
    )


@event(producer="service_desk", consumers=ALL)
class CaseCancelled(CaseEvent):
    """The case was cancelled (注销), with a reason."""

    reason = code("Why: withdrawn, duplicate, not_ours, referred_out, recorded, other.", required=True)


@event(producer="service_desk", consumers=ALL)
class CaseOverdue(CaseEvent):
    """A limit passed without what was due."""

    limit = code("Which limit.", required=True, validate=validate.OneOf(("answer", "finish")))
    due_at = moment("When it was due.", required=True)


@event(producer="service_desk", consumers=ALL)
class CaseRated(CaseEvent):
    """The resident said how it went. No answer is no score."""

    answered = flag("Did somebody get in touch?", required=True)
    solved = flag("Is the matter solved?", required=True)
    satisfaction = fields.Integer(
        required=True,
        allow_none=True,
        strict=True,
        validate=validate.Range(1, 5),
        metadata={"description": "1 (not at all) to 5 (fully); null when not said."},
    )


@event(producer="service_desk", consumers=ALL)
class CaseReopened(CaseEvent):
    """A closed case was reopened within its grace period."""

    reason = code("not_solved, came_back or other.", required=True)
