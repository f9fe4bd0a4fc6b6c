"""What the desk learns of regions, units, grids and resources. Events may come in any order, and
more than once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from linli_chassis.storage.unit_of_work import UnitOfWork
from linli_contracts.envelope import Event

from linli_service_desk.store import read_models, supply


def learn_regions(uow: UnitOfWork, events: Sequence[Event]) -> None:
    rows = [_row(event, "region_code", "name") for event in events]
    read_models.keep_newest(uow.connection, read_models.region, rows)


def learn_units(uow: UnitOfWork, events: Sequence[Event]) -> None:
    rows = [_row(event, "unit_id", "name", "kind", "region_code") for event in events]
    read_models.keep_newest(uow.connection, read_models.unit, rows)


def learn_grids(uow: UnitOfWork, events: Sequence[Event]) -> None:
    rows = [
        {**_row(event, "grid_code", "community_code", "name"), **_point(event.data["centre"])}
        for event in events
    ]
    read_models.keep_newest(uow.connection, read_models.grid, rows)


def learn_resources(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """Offered or changed: the event carries the whole state. Cases that waited for such a thing are
    tried again.
    """
    supply.lock(uow.connection)
    rows = [_resource(event) for event in events]
    read_models.keep_newest(uow.connection, read_models.resource, rows)
    supply.wake(uow.connection, (service for row in rows for service in row["services"]))


def forget_resources(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """Withdrawn: what it offered is emptied, so that the same row is left when the offer comes
    after its end.
    """
    supply.lock(uow.connection)
    empty: dict[str, Any] = {
        "services": [],
        "capacity_per_day": 0,
        "covers": [],
        "hours": None,
        "withdrawn": True,
        **_point(None),
    }
    rows = [{**_row(event, "resource_id", "unit_id"), **empty} for event in events]
    read_models.keep_newest(uow.connection, read_models.resource, rows)


def _resource(event: Event) -> dict[str, Any]:
    known = _row(event, "resource_id", "unit_id", "services", "capacity_per_day", "covers", "hours")
    return {**known, "withdrawn": False, **_point(event.data["place"])}


def _row(event: Event, *names: str) -> dict[str, Any]:
    return {"sequence": event.sequence, **{name: event.data[name] for name in names}}


def _point(place: dict[str, float] | None) -> dict[str, float | None]:
    place = place or {}
    return {"longitude": place.get("longitude"), "latitude": place.get("latitude")}
