"""Giving cases out, by the round of matching or by a dispatcher, and what changes the supply."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

import structlog
from linli_chassis.http import Actor
from linli_chassis.process.offload import WorkerProcessEnded, WorkerTimedOut, run_in_process
from linli_contracts.envelope import Event

from linli_service_desk import cases, metrics, projections
from linli_service_desk.cases import Alternative, Assignment, Case, CostPart, DispatchCase
from linli_service_desk.catalogue import case_policy
from linli_service_desk.errors import CapacityUsedUp, ResourceUnfit
from linli_service_desk.matching import queries
from linli_service_desk.matching.domain import (
    ChosenResource,
    Match,
    MatchResult,
    Offer,
    Unmatched,
    WaitingCase,
)
from linli_service_desk.matching.tables import lock_supply
from linli_service_desk.settings import Uow

_ENGINE = "linli_service_desk.matching.engine:match"
"""By name: the solver takes 30 MB, which a desk where nobody waits has no use for."""

_ROUND_SECONDS = 15.0
_PROBE_SECONDS = 5.0
"""A round ends within both together: it holds the lock on the supply."""
_AGAIN = timedelta(minutes=1)
"""When to try again after the solver failed whatever the cases."""

log = structlog.get_logger(__name__)


def match_waiting(uow: Uow) -> None:
    """One round of matching; when nobody waits it asks the database nothing else.

    No process is started for services that nobody offers.
    """
    if not cases.any_waiting(uow.connection, uow.now):
        return
    lock_supply(uow.connection)
    waiting = cases.lock_waiting(uow.connection, uow.now, uow.settings.match_batch)
    offers = queries.find_offers(uow)
    offered = {service for offer in offers for service in offer.services}
    served = [case for case in waiting if case.service in offered]
    unserved = [
        Unmatched(case.case_id, "no_service") for case in waiting if case.service not in offered
    ]
    result = _match(uow, served, offers) if served else MatchResult((), ())
    by_id = {case.case_id: case for case in waiting}
    actions = [(by_id[match.case_id], _dispatch(match)) for match in result.matches]
    cases.perform_all(uow, actions)
    _postpone(uow, by_id, [*unserved, *result.unmatched])


def dispatch_by_hand(uow: Uow, actor: Actor, case_id: UUID, chosen: ChosenResource) -> Case:
    """Give a case to a resource of the dispatcher's choice.

    Coverage and hours are the dispatcher's to judge, capacity is not.

    Raises:
        CaseNotFound, ForeignRegion, RoleRefused, TransitionRefused: as for any action on a case.
        ResourceUnfit: the resource is not on offer, or not for this service.
        CapacityUsedUp: it has been given all its cases of today.
    """
    lock_supply(uow.connection)
    case = cases.lock_in_scope(uow, actor, case_id, DispatchCase)
    cases.must_allow(uow, actor, case, DispatchCase)
    offer = _fit_offer(uow, chosen.resource_id, case)
    to = Assignment(offer.resource_id, offer.unit_id, cases.BY_DISPATCHER)
    return cases.perform(uow, case, DispatchCase(to), actor.account, actor.roles)


def update_resources(uow: Uow, events: Sequence[Event]) -> None:
    """Offered or changed; cases that waited for such a thing are tried again."""
    lock_supply(uow.connection)
    projections.upsert_resources(uow, events)
    services = {service for event in events for service in event.data["services"]}
    cases.wake_waiting(uow.connection, services)


def remove_resources(uow: Uow, events: Sequence[Event]) -> None:
    """Withdrawn; cases that it has stay with it."""
    lock_supply(uow.connection)
    projections.remove_resources(uow, events)


def _match(uow: Uow, waiting: Sequence[Case], offers: Sequence[Offer]) -> MatchResult:
    """Match the cases; nothing when that fails, and the cases are narrowed down."""
    try:
        return _solve(uow, queries.waiting_cases(uow, waiting), offers, _ROUND_SECONDS)
    except WorkerTimedOut as error:
        reason = "timed_out"
        log.warning("matching took too long", cases=len(waiting), error=str(error))
    except WorkerProcessEnded as error:
        reason = "ended"
        log.warning("the process of matching ended", cases=len(waiting), error=str(error))
    except Exception:
        reason = "failed"
        log.exception("matching failed", cases=len(waiting))
    _narrow_down(uow, waiting, offers, reason)
    return MatchResult((), ())


def _narrow_down(uow: Uow, waiting: Sequence[Case], offers: Sequence[Offer], reason: str) -> None:
    """Match half of the cases next time; lay the last one aside, which a dispatcher gives out."""
    try:
        _solve(uow, [], offers, _PROBE_SECONDS)
    except Exception:
        log.exception("matching does not work; tried again in a minute")
        cases.set_waiting(uow.connection, waiting, retry_at=uow.now + _AGAIN)
        return
    if len(waiting) > 1:
        cases.set_waiting(uow.connection, waiting, match_batch=(len(waiting) + 1) // 2)
        return
    log.error("case laid aside", case_id=str(waiting[0].case_id), reason=reason)
    tomorrow = case_policy(uow).calendar.next_day(uow.now)
    cases.set_waiting(uow.connection, waiting, match_batch=1, laid_aside=reason, retry_at=tomorrow)
    uow.after_commit(lambda: metrics.laid_aside.labels(uow.service, reason).inc())


def _solve(
    uow: Uow, waiting: Sequence[WaitingCase], offers: Sequence[Offer], seconds: float
) -> MatchResult:
    zone = case_policy(uow).calendar.zone
    result: MatchResult = run_in_process(_ENGINE, waiting, offers, uow.now, zone, seconds=seconds)
    return result


def _dispatch(match: Match) -> DispatchCase:
    to = Assignment(
        match.resource_id,
        match.unit_id,
        cases.BY_MATCHING,
        tuple(CostPart(factor, cost) for factor, cost in match.reasons),
        tuple(Alternative(resource_id, cost) for resource_id, cost in match.alternatives),
    )
    return DispatchCase(to)


def _postpone(uow: Uow, by_id: Mapping[UUID, Case], unmatched: Sequence[Unmatched]) -> None:
    """Try again tomorrow, when capacity is new, or when a resource comes or changes."""
    tomorrow = case_policy(uow).calendar.next_day(uow.now)
    steps = [cases.unmatched(by_id[each.case_id], each.reason, tomorrow) for each in unmatched]
    cases.carry_out(uow, steps)


def _fit_offer(uow: Uow, resource_id: UUID, case: Case) -> Offer:
    offers = queries.find_offers(uow, resource_id)
    if not offers or case.service not in offers[0].services:
        raise ResourceUnfit(resource_id=resource_id, service=case.service)
    if not offers[0].left:
        raise CapacityUsedUp(resource_id=resource_id)
    return offers[0]
