"""Taking in what regions and units are called."""

from __future__ import annotations

from collections.abc import Sequence

from linli_chassis.storage.projections import upsert_newest
from linli_contracts.envelope import Event

from linli_evaluation.settings import Uow
from linli_evaluation.sources.names.tables import region, unit


def record_regions(uow: Uow, events: Sequence[Event]) -> None:
    """Take in what regions are called."""
    rows = [
        {
            "region_code": event.data["region_code"],
            "name": event.data["name"],
            "sequence": event.sequence,
        }
        for event in events
    ]
    upsert_newest(uow.connection, region, rows)


def record_units(uow: Uow, events: Sequence[Event]) -> None:
    """Take in what units are called and where they are registered."""
    rows = [
        {
            "unit_id": event.data["unit_id"],
            "name": event.data["name"],
            "region_code": event.data["region_code"],
            "sequence": event.sequence,
        }
        for event in events
    ]
    upsert_newest(uow.connection, unit, rows)
