"""The subscriptions of the read models."""

from __future__ import annotations

from linli_chassis.messaging.subscriptions import Event, subscribe
from linli_chassis.storage.projections import upsert_states
from linli_contracts.events.grid.territory import GridDrawn
from linli_contracts.events.organization.regions import RegionRegistered
from linli_contracts.events.organization.units import UnitRegistered

from linli_service_desk.projections import commands, tables
from linli_service_desk.settings import Uow


class Projections:
    """The names and places of regions, units and grids."""

    @subscribe(RegionRegistered)
    def on_region_registered(self, uow: Uow, events: list[Event]) -> None:
        upsert_states(uow.connection, tables.region, events)

    @subscribe(UnitRegistered)
    def on_unit_registered(self, uow: Uow, events: list[Event]) -> None:
        upsert_states(uow.connection, tables.unit, events)

    @subscribe(GridDrawn)
    def on_grid_drawn(self, uow: Uow, events: list[Event]) -> None:
        commands.upsert_grids(uow, events)
