"""Keeping the divisions that the organization service tells of."""

from __future__ import annotations

from collections.abc import Sequence

from linli_chassis.storage.unit_of_work import UnitOfWork
from linli_contracts.envelope import Event

from linli_grid.store import grids as store


def keep_regions(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """Remember regions; the newest event of each counts, in whatever order they come."""
    newest: dict[str, Event] = {}
    for event in events:
        known = newest.get(event.subject)
        if known is None or known.sequence < event.sequence:
            newest[event.subject] = event
    rows = [
        {
            "code": event.data["region_code"],
            "name": event.data["name"],
            "level": event.data["level"],
            "sequence": event.sequence,
        }
        for event in newest.values()
    ]
    store.save_regions(uow.connection, rows)
