"""Names: the events that say what regions and units are called."""

from __future__ import annotations

from collections.abc import Sequence

from linli_chassis.messaging.subscriptions import subscribe
from linli_contracts.envelope import Event
from linli_contracts.events.organization.regions import RegionRegistered
from linli_contracts.events.organization.units import UnitRegistered

from linli_evaluation.settings import Uow
from linli_evaluation.sources.names import commands


class Names:
    """The names of regions and units."""

    @subscribe(RegionRegistered)
    def on_region_registered(self, uow: Uow, events: Sequence[Event]) -> None:
        """Record what regions are called."""
        commands.record_regions(uow, events)

    @subscribe(UnitRegistered)
    def on_unit_registered(self, uow: Uow, events: Sequence[Event]) -> None:
        """Record what units are called and where they are registered."""
        commands.record_units(uow, events)
