"""A verified request becomes a case (step 2, 案卷建立); history comes in with its own times and its
end.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid5

import structlog
from linli_chassis.storage.unit_of_work import UnitOfWork
from linli_contracts.envelope import Event

from linli_service_desk.desk import Desk, desk_of
from linli_service_desk.domain.case import Case, Fact, State
from linli_service_desk.handlers.steps import tell
from linli_service_desk.store import cases

_ENDS = {"closed": State.CLOSED, "cancelled": State.CANCELLED, "open": State.ESTABLISHED}


log = structlog.get_logger(__name__)


def case_id_of(request_id: UUID) -> UUID:
    """The id of a request's one case: the same whenever and wherever it is opened."""
    return uuid5(request_id, "case")


def open_cases(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """Open a case for each request that has none yet."""
    desk = desk_of(uow)
    told = {case_id_of(event.data["request_id"]): event for event in events}
    fresh = {case_id: _case(desk, case_id, event) for case_id, event in told.items()}
    new = cases.open_new(uow.connection, fresh.values())
    opened = [case for case in fresh.values() if case.case_id in new]
    cases.record_opened(uow.connection, opened)
    for case in opened:
        if case.service not in desk.services:
            log.warning("service not in the catalogue", service_code=case.service)
        _announce(uow, case, told[case.case_id])


def _case(desk: Desk, case_id: UUID, event: Event) -> Case:
    data, recorded = event.data, event.data["recorded"]
    state = _ENDS[recorded["outcome"]] if recorded else State.ESTABLISHED
    place = data["place"] or {}
    return Case(
        case_id=case_id,
        request_id=data["request_id"],
        tracking_digest=data["tracking_digest"],
        service=data["category"],
        grid_code=data["grid_code"],
        longitude=place.get("longitude"),
        latitude=place.get("latitude"),
        priority=data["priority"],
        state=state,
        opened_at=event.time,
        recorded=bool(recorded),
        # The limits of another system are not known, and ours did not hold there.
        answer_due_at=None if recorded else _answer_due_at(desk, data["category"], event.time),
        ended_at=None if state is State.ESTABLISHED else recorded["ended_at"] or event.time,
        closings=int(state is State.CLOSED),
    )


def _answer_due_at(desk: Desk, service: str, opened_at: datetime) -> datetime:
    return desk.calendar.add_working_hours(opened_at, desk.rules(service).answer_hours)


def _announce(uow: UnitOfWork, case: Case, cause: Event) -> None:
    opened = {
        "service": case.service,
        "grid_code": case.grid_code,
        "priority": case.priority,
        "answer_due_at": case.answer_due_at,
    }
    tell(uow, case, Fact("case_opened", opened), cause=cause, time=case.opened_at)
    if case.state is State.CLOSED:
        tell(
            uow, case, Fact("case_closed", {"working_hours": None}), cause=cause, time=case.ended_at
        )
    elif case.state is State.CANCELLED:
        reason = cause.data["recorded"]["reason"] or "recorded"
        tell(uow, case, Fact("case_cancelled", {"reason": reason}), cause=cause, time=case.ended_at)
