"""The events of regions, units, grids and staff."""

from __future__ import annotations

from collections.abc import Sequence

from linli_chassis.messaging.subscriptions import subscribe
from linli_chassis.storage.projections import upsert_states
from linli_contracts.envelope import Event
from linli_contracts.events.grid.staffing import WorkerAssigned
from linli_contracts.events.grid.territory import GridDrawn
from linli_contracts.events.organization.regions import RegionRegistered
from linli_contracts.events.organization.units import UnitRegistered

from linli_evaluation.settings import Uow
from linli_evaluation.sources.projections import tables
from linli_evaluation.sources.tables import note_change


class Projections:
    """Regions, units, grids and staff."""

    @subscribe(RegionRegistered)
    def on_region_registered(self, uow: Uow, events: Sequence[Event]) -> None:
        """Record what regions are called."""
        upsert_states(uow.connection, tables.region, events)

    @subscribe(UnitRegistered)
    def on_unit_registered(self, uow: Uow, events: Sequence[Event]) -> None:
        """Record what units are called and where they are registered."""
        upsert_states(uow.connection, tables.unit, events)

    @subscribe(GridDrawn)
    def on_grid_drawn(self, uow: Uow, events: Sequence[Event]) -> None:
        """Record which grids there are."""
        upsert_states(uow.connection, tables.grid, events)
        note_change(uow.connection)

    @subscribe(WorkerAssigned)
    def on_worker_assigned(self, uow: Uow, events: Sequence[Event]) -> None:
        """Record how grids are staffed."""
        upsert_states(uow.connection, tables.staffing, events)
        note_change(uow.connection)
