"""Demand and supply, as matching sees them, from cases and read models."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from linli_service_desk.cases import Case, dispatches_since, refusals_of, usual_resources
from linli_service_desk.catalogue import case_policy
from linli_service_desk.matching.domain import Offer, OpeningHours, WaitingCase
from linli_service_desk.projections import Resource, grid_centres, resources_on_offer
from linli_service_desk.settings import Uow


def find_offers(uow: Uow, resource_id: UUID | None = None) -> list[Offer]:
    """The resources on offer (or the one asked for), with the cases each was assigned today."""
    today = case_policy(uow).calendar.midnight(uow.now)
    used = dispatches_since(uow.connection, today)
    resources = resources_on_offer(uow.connection, resource_id)
    return [_offer(resource, used.get(resource.resource_id, 0)) for resource in resources]


def waiting_cases(uow: Uow, cases: Sequence[Case]) -> list[WaitingCase]:
    """The cases as the solver takes them, each question asked of the database once for all."""
    connection, policy = uow.connection, case_policy(uow)
    refusals = refusals_of(connection, cases)
    usual = usual_resources(connection, cases)
    unplaced = {case.grid_code for case in cases if case.grid_code and case.longitude is None}
    centres = grid_centres(connection, sorted(unplaced))
    # A resource that opens after all the time to finish has passed is no help.
    horizons = {
        service: policy.calendar.add_working_hours(uow.now, policy.deadlines(service).finish_hours)
        for service in {case.service for case in cases}
    }
    waiting = []
    for case in cases:
        place = (case.longitude, case.latitude)
        if case.longitude is None and case.grid_code:
            place = centres.get(case.grid_code, place)
        waiting.append(
            WaitingCase(
                case_id=case.case_id,
                service=case.service,
                region_code=case.grid_code or uow.district,
                priority=case.priority,
                opened_at=case.opened_at,
                longitude=place[0],
                latitude=place[1],
                limit_at=case.due_at or case.answer_due_at,
                horizon_at=horizons[case.service],
                refused=refusals.get(case.case_id, frozenset()),
                usual_resource_id=usual.get((case.grid_code, case.service)),
                owner_unit_id=case.owner_unit_id,
            )
        )
    return waiting


def _offer(resource: Resource, used_today: int) -> Offer:
    hours = resource.hours
    return Offer(
        resource_id=resource.resource_id,
        unit_id=resource.unit_id,
        services=frozenset(resource.services),
        covers=tuple(resource.covers),
        capacity_per_day=resource.capacity_per_day,
        used_today=used_today,
        longitude=resource.longitude,
        latitude=resource.latitude,
        hours=OpeningHours(tuple(hours["days"]), hours["opens"], hours["closes"])
        if hours
        else None,
    )
