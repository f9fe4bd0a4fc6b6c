"""Taking events in: facts of requests, and what regions, units, grids and their staff are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from linli_chassis.process.offload import offload
from linli_chassis.storage.unit_of_work import UnitOfWork
from linli_contracts.envelope import Event

from linli_evaluation.domain.facts import Fact, FactEvent
from linli_evaluation.domain.folding import fold
from linli_evaluation.store import facts, names
from linli_evaluation.store.tables import grid, region, staffing, unit


def record(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """Keep events of requests and cases, and fold the facts of all requests they touch anew."""
    digests = facts.lock(uow.connection, {event.data["request_id"] for event in events})
    facts.keep_events(uow.connection, events)
    told = facts.events_of(uow.connection, digests)
    folded = offload(_fold_all, told, uow.district)
    facts.replace(
        uow.connection, [each for each in folded if each.digest != digests[each.request_id]]
    )


def name_regions(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """Keep what regions are called."""
    rows = [_row(event, "region_code", "name") for event in events]
    names.keep_newest(uow.connection, region, rows)


def name_units(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """Keep what units are called and where they are registered."""
    rows = [_row(event, "unit_id", "name", "region_code") for event in events]
    names.keep_newest(uow.connection, unit, rows)


def draw_grids(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """Keep which grids there are."""
    rows = [
        {**_row(event, "grid_code", "name", "households", "area_m2"), "event_id": event.id}
        for event in events
    ]
    names.keep_newest(uow.connection, grid, rows)


def staff_grids(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """Keep who works in which grid."""
    rows = [
        {**_row(event, "grid_code", "worker_id", "duty", "active"), "event_id": event.id}
        for event in events
    ]
    names.keep_newest(uow.connection, staffing, rows)


def _row(event: Event, *fields: str) -> dict[str, object]:
    return {**{field: event.data[field] for field in fields}, "sequence": event.sequence}


def _fold_all(told: Mapping[UUID, Sequence[FactEvent]], district: str) -> list[Fact]:
    return [fold(request_id, events, district) for request_id, events in told.items()]
