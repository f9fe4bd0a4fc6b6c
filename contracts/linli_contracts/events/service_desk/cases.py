"""Events of a case through the seven steps."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from marshmallow import validate

from linli_contracts.fields import (
    PRIORITIES,
    code,
    count,
    grid,
    identifier,
    moment,
    number,
    service,
)
from linli_contracts.schema import EventData, event


class CaseEvent(EventData):
    """What every event of a case carries, so that a consumer can fold it without asking."""

    case_id: UUID = identifier("The case.", required=True)
    request_id: UUID = identifier("The resident's request it serves.", required=True)


@event(producer="service_desk", key="case_id")
class CaseOpened(CaseEvent):
    """A case was established for a verified request (step 2, 案卷建立)."""

    service: str = service("The catalogue entry it falls under.", required=True)
    grid_code: str | None = grid(
        "Where; null when outside every grid.", required=True, allow_none=True
    )
    priority: str = code(
        "Need of the resident.", required=True, validate=validate.OneOf(PRIORITIES)
    )
    answer_due_at: datetime | None = moment(
        "Until when someone has to answer.", required=True, allow_none=True
    )


@event(producer="service_desk", key="case_id")
class CaseAccepted(CaseEvent):
    """The provider accepted the case; handling begins (step 4, 任务处理)."""

    resource_id: UUID = identifier("The resource.", required=True)
    unit_id: UUID = identifier("The unit.", required=True)


@event(producer="service_desk", key="case_id")
class CaseDeclined(CaseEvent):
    """The provider declined, or let the time to reply pass; the case is matched again."""

    resource_id: UUID = identifier("The resource.", required=True)
    unit_id: UUID = identifier("The unit.", required=True)
    reason: str = code(
        "Why: no_capacity, out_of_area, lacks_skill, no_reply, other.", required=True
    )


@event(producer="service_desk", key="case_id")
class CaseReturned(CaseEvent):
    """The provider returned the case (退回): not its duty, and it says whose it is."""

    resource_id: UUID = identifier("The resource.", required=True)
    unit_id: UUID = identifier("The unit that returns it.", required=True)
    owner_unit_id: UUID = identifier("The unit whose duty it is.", required=True)


@event(producer="service_desk", key="case_id")
class CaseSuspended(CaseEvent):
    """The case cannot be done within its limit and was suspended (挂账), with a date."""

    reason: str = code("Why.", required=True)
    resume_at: datetime = moment("When work goes on.", required=True)


@event(producer="service_desk", key="case_id")
class CaseResumed(CaseEvent):
    """Work on a suspended case goes on."""

    due_at: datetime = moment("The new limit.", required=True)


@event(producer="service_desk", key="case_id")
class CaseExtended(CaseEvent):
    """The limit was extended once (延期)."""

    reason: str = code("Why.", required=True)
    due_at: datetime = moment("The new limit.", required=True)


@event(producer="service_desk", key="case_id")
class CaseEscalated(CaseEvent):
    """The case was raised one level (升级)."""

    level: str = code(
        "The level it went to.",
        required=True,
        validate=validate.OneOf(("community", "subdistrict", "district")),
    )
    reason: str = code("overdue, reworks, reassignments or asked.", required=True)


@event(producer="service_desk", key="case_id")
class CaseResolved(CaseEvent):
    """The provider reported the work as done, with evidence (step 5, 处理反馈)."""

    resource_id: UUID = identifier("The resource.", required=True)
    unit_id: UUID = identifier("The unit.", required=True)


@event(producer="service_desk", key="case_id")
class CaseReworked(CaseEvent):
    """The check on site found it not as reported; back to handling (返工)."""

    reworks: int = count("How often this case has been sent back by now.", required=True)


@event(producer="service_desk", key="case_id")
class CaseClosed(CaseEvent):
    """The check held and the case was closed (step 6, 核查结案)."""

    working_hours: float | None = number(
        required=True,
        allow_none=True,
        metadata={
            "description": "Working hours from dispatch to the provider's report; "
            "null for imported history."
        },
    )


@event(producer="service_desk", key="case_id")
class CaseCancelled(CaseEvent):
    """The case was cancelled (注销), with a reason."""

    reason: str = code(
        "Why: withdrawn, duplicate, not_ours, referred_out, recorded, other.", required=True
    )


@event(producer="service_desk", key="case_id")
class CaseOverdue(CaseEvent):
    """A limit passed without what was due."""

    limit: str = code("Which limit.", required=True, validate=validate.OneOf(("answer", "finish")))
    due_at: datetime = moment("When it was due.", required=True)


@event(producer="service_desk", key="case_id")
class CaseReopened(CaseEvent):
    """A closed case was reopened within its grace period."""

    reason: str = code("not_solved, came_back or other.", required=True)
