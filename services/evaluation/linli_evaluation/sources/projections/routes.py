"""The events of regions, units, grids and staff."""

from __future__ import annotations

from collections.abc import Sequence

from linli_chassis.messaging.subscriptions import subscribe
from linli_contracts.envelope import Event
from linli_contracts.events.grid.staffing import WorkerAssigned
from linli_contracts.events.grid.territory import GridDrawn
from linli_contracts.events.organization.regions import RegionRegistered
from linli_contracts.events.organization.units import UnitRegistered

from linli_evaluation.settings import Uow
from linli_evaluation.sources.projections import commands


class Projections:
    """Regions, units, grids and staff."""

    @subscribe(RegionRegistered)
    def on_region_registered(self, uow: Uow, events: Sequence[Event]) -> None:
        """Record what regions are called."""
        commands.record_regions(uow, events)

    @subscribe(UnitRegistered)
    def on_unit_registered(self, uow: Uow, events: Sequence[Event]) -> None:
        """Record what units are called and where they are registered."""
        commands.record_units(uow, events)

    @subscribe(GridDrawn)
    def on_grid_drawn(self, uow: Uow, events: Sequence[Event]) -> None:
        """Record which grids there are."""
        commands.record_grids(uow, events)

    @subscribe(WorkerAssigned)
    def on_worker_assigned(self, uow: Uow, events: Sequence[Event]) -> None:
        """Record how grids are staffed."""
        commands.record_staffing(uow, events)
