"""Events of other services into rows. They may come in any order, and more than once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from linli_chassis.storage.projections import Row, upsert_states
from linli_contracts.envelope import Event

from linli_service_desk.projections import tables
from linli_service_desk.settings import Uow


def upsert_grids(uow: Uow, events: Sequence[Event]) -> None:
    """A grid is known by a point inside it."""
    upsert_states(uow.connection, tables.grid, events, lambda event: _point(event.data["centre"]))


def upsert_resources(uow: Uow, events: Sequence[Event]) -> None:
    """Offered or changed: the event carries the whole state."""
    upsert_states(
        uow.connection,
        tables.resource,
        events,
        lambda event: {"withdrawn": False, **_point(event.data["place"])},
    )


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
    upsert_states(uow.connection, tables.resource, events, lambda _event: empty)


def _point(place: Mapping[str, float] | None) -> Mapping[str, float | None]:
    place = place or {}
    return {"longitude": place.get("longitude"), "latitude": place.get("latitude")}
