"""Events of other services into rows. They may come in any order, and more than once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from linli_chassis.storage.projections import Row, upsert_newest
from linli_contracts.envelope import Event

from linli_service_desk.projections import tables
from linli_service_desk.settings import Uow


def upsert_regions(uow: Uow, events: Sequence[Event]) -> None:
    rows = [_row(event, "region_code", "name") for event in events]
    upsert_newest(uow.connection, tables.region, rows)


def upsert_units(uow: Uow, events: Sequence[Event]) -> None:
    rows = [_row(event, "unit_id", "name", "kind", "region_code") for event in events]
    upsert_newest(uow.connection, tables.unit, rows)


def upsert_grids(uow: Uow, events: Sequence[Event]) -> None:
    rows = [
        {**_row(event, "grid_code", "community_code", "name"), **_point(event.data["centre"])}
        for event in events
    ]
    upsert_newest(uow.connection, tables.grid, rows)


def upsert_resources(uow: Uow, events: Sequence[Event]) -> None:
    """Offered or changed: the event carries the whole state."""
    columns = ("resource_id", "unit_id", "services", "capacity_per_day", "covers", "hours")
    rows = [
        {**_row(event, *columns), "withdrawn": False, **_point(event.data["place"])}
        for event in events
    ]
    upsert_newest(uow.connection, tables.resource, rows)


def remove_resources(uow: Uow, events: Sequence[Event]) -> None:
    """Withdrawn: the row stays, emptied, so that an offer that comes late does not revive it."""
    empty: Row = {
        "services": [],
        "capacity_per_day": 0,
        "covers": [],
        "hours": None,
        "withdrawn": True,
        **_point(None),
    }
    rows = [{**_row(event, "resource_id", "unit_id"), **empty} for event in events]
    upsert_newest(uow.connection, tables.resource, rows)


def _row(event: Event, *names: str) -> Row:
    return {"sequence": event.sequence, **{name: event.data[name] for name in names}}


def _point(place: Mapping[str, float] | None) -> Mapping[str, float | None]:
    place = place or {}
    return {"longitude": place.get("longitude"), "latitude": place.get("latitude")}
