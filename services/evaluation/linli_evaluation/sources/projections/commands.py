"""Taking in the newest state of what other services publish."""

from __future__ import annotations

from collections.abc import Sequence

from linli_chassis.storage.projections import upsert_newest
from linli_contracts.envelope import Event

from linli_evaluation.settings import Uow
from linli_evaluation.sources.projections.tables import Table, grid, region, staffing, unit
from linli_evaluation.sources.tables import note_change


def record_regions(uow: Uow, events: Sequence[Event]) -> None:
    """Take in what regions are called."""
    _record(uow, region, events)


def record_units(uow: Uow, events: Sequence[Event]) -> None:
    """Take in what units are called and where they are registered."""
    _record(uow, unit, events)


def record_grids(uow: Uow, events: Sequence[Event]) -> None:
    """Take in which grids there are."""
    _record(uow, grid, events)
    note_change(uow.connection)


def record_staffing(uow: Uow, events: Sequence[Event]) -> None:
    """Take in who works in which grid."""
    _record(uow, staffing, events)
    note_change(uow.connection)


def _record(uow: Uow, table: Table, events: Sequence[Event]) -> None:
    """The columns of the table are named like the fields of its events."""
    rows = []
    for event in events:
        values = {**event.data, "event_id": event.id, "sequence": event.sequence}
        rows.append({column.name: values[column.name] for column in table.columns})
    upsert_newest(uow.connection, table, rows)
