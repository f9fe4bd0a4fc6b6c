"""Giving cases out, by the round of matching or by a dispatcher, and what changes the supply."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from linli_chassis.http import Actor
from linli_chassis.process.offload import run_in_process
from linli_contracts.envelope import Event

from linli_service_desk import cases, projections
from linli_service_desk.cases import Alternative, Assignment, Case, CostPart, DispatchCase
from linli_service_desk.catalogue import case_policy
from linli_service_desk.errors import CapacityUsedUp, ResourceUnfit
from linli_service_desk.matching import queries
from linli_service_desk.matching.domain import ChosenResource, Match, MatchResult, Offer, Unmatched
from linli_service_desk.matching.tables import lock_supply
from linli_service_desk.settings import Uow

_ENGINE = "linli_service_desk.matching.engine:match"
"""By name: the solver takes 30 MB, which a desk where nobody waits has no use for."""


def match_waiting(uow: Uow) -> None:
    """One round of matching; when nobody waits it asks the database nothing else."""
    if not cases.any_waiting(uow.connection, uow.now):
        return
    lock_supply(uow.connection)
    waiting = cases.lock_waiting(uow.connection, uow.now, uow.settings.match_batch)
    result: MatchResult = run_in_process(
        _ENGINE,
        queries.waiting_cases(uow, waiting),
        queries.find_offers(uow),
        uow.now,
        case_policy(uow).calendar.zone,
    )
    by_id = {case.case_id: case for case in waiting}
    actions = [(by_id[match.case_id], _dispatch(match)) for match in result.matches]
    cases.perform_all(uow, actions)
    _postpone(uow, by_id, result.unmatched)


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
