"""Step 3 (任务派遣) by itself: the cases that wait are matched together and given out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from linli_chassis.process.offload import offload_apart
from linli_chassis.storage.unit_of_work import UnitOfWork

from linli_service_desk.desk import Desk, desk_of
from linli_service_desk.domain import actions
from linli_service_desk.domain.case import Case, State
from linli_service_desk.domain.supply import Match, Round, Unmatched, Waiting
from linli_service_desk.handlers.steps import carry_out
from linli_service_desk.store import cases, supply
from linli_service_desk.store.tables import case_file

# By name: the solver takes 30 MB, which a desk where nobody waits has no use for.
_MATCH = "linli_service_desk.matching:match"


def match_waiting(uow: UnitOfWork) -> None:
    """One round: nothing is asked of the database but whether anybody waits, when nobody does."""
    waits = _waits(uow.now)
    if not uow.connection.scalar(sa.select(sa.exists().where(*waits))):
        return
    supply.lock(uow.connection)
    desk = desk_of(uow)
    waiting = cases.due(uow.connection, *waits, limit=uow.settings.match_batch)
    offers = supply.offers(uow.connection, desk.midnight(uow.now))
    asked = _asked(uow, desk, waiting)
    found: Round = offload_apart(_MATCH, asked, offers, uow.now, desk.calendar.zone)
    by_id = {case.case_id: case for case in waiting}
    _give_out(uow, desk, by_id, found.matches)
    _put_off(uow, desk, by_id, found.unmatched)


def _waits(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    retry = sa.or_(case_file.c.retry_at.is_(None), case_file.c.retry_at <= now)
    return case_file.c.state == State.ESTABLISHED, retry


def _give_out(
    uow: UnitOfWork, desk: Desk, by_id: dict[UUID, Case], matches: Sequence[Match]
) -> None:
    given = [(by_id[found.case_id], _assignment(found)) for found in matches]
    carry_out(
        uow, [actions.dispatch(case, to, desk.rules(case.service), uow.now) for case, to in given]
    )
    supply.keep_dispatches(uow.connection, given, uow.now)


def _assignment(found: Match) -> actions.Assignment:
    reasons = tuple({"factor": factor, "cost": cost} for factor, cost in found.reasons)
    choices = tuple(
        {"resource_id": resource_id, "cost": cost} for resource_id, cost in found.alternatives
    )
    return actions.Assignment(found.resource_id, found.unit_id, "matching", reasons, choices)


def _put_off(
    uow: UnitOfWork, desk: Desk, by_id: dict[UUID, Case], unmatched: Sequence[Unmatched]
) -> None:
    """Try again tomorrow, when capacity is new; a resource that comes or changes wakes them before."""
    tomorrow = desk.calendar.next_day(uow.now)
    steps = [actions.unmatched(by_id[found.case_id], found.reason, tomorrow) for found in unmatched]
    carry_out(uow, [step for step in steps if step.facts])
    cases.save(uow.connection, [step.case for step in steps if not step.facts])


def _asked(uow: UnitOfWork, desk: Desk, waiting: Sequence[Case]) -> list[Waiting]:
    """The cases as matching sees them, each question asked of the database once for all."""
    refusals = supply.refusals(uow.connection, waiting)
    usual = supply.usual(uow.connection, waiting)
    places = supply.places(uow.connection, waiting)
    horizons = {
        service: _horizon(desk, service, uow.now) for service in {case.service for case in waiting}
    }
    return [
        Waiting(
            case_id=case.case_id,
            service=case.service,
            region_code=case.grid_code or uow.district,
            priority=case.priority,
            opened_at=case.opened_at,
            longitude=places[case.case_id][0],
            latitude=places[case.case_id][1],
            limit_at=case.due_at or case.answer_due_at,
            horizon_at=horizons[case.service],
            refused=refusals.get(case.case_id, frozenset()),
            usual_resource_id=usual.get((case.grid_code, case.service)),
            owner_unit_id=case.owner_unit_id,
        )
        for case in waiting
    ]


def _horizon(desk: Desk, service: str, now: datetime) -> datetime:
    """A resource that opens after all the time to finish has passed is no help."""
    return desk.calendar.add_working_hours(now, desk.rules(service).finish_hours)
