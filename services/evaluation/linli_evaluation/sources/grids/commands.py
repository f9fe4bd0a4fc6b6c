"""Taking in which grids there are and who works in them."""

from __future__ import annotations

from collections.abc import Sequence

from linli_chassis.storage.projections import upsert_newest
from linli_contracts.envelope import Event

from linli_evaluation.settings import Uow
from linli_evaluation.sources.grids.tables import grid, staffing


def record_grids(uow: Uow, events: Sequence[Event]) -> None:
    """Take in the newest form of each grid."""
    upsert_newest(uow.connection, grid, [_row(event, _GRID) for event in events])


def record_staffing(uow: Uow, events: Sequence[Event]) -> None:
    """Take in who works in which grid."""
    upsert_newest(uow.connection, staffing, [_row(event, _STAFFING) for event in events])


_GRID = ("grid_code", "name", "households", "area_m2")
_STAFFING = ("grid_code", "worker_id", "duty", "active")


def _row(event: Event, names: Sequence[str]) -> dict[str, object]:
    data = {name: event.data[name] for name in names}
    return {**data, "event_id": event.id, "sequence": event.sequence}
