"""Grids: the events that say which there are and who works in them."""

from __future__ import annotations

from collections.abc import Sequence

from linli_chassis.messaging.subscriptions import subscribe
from linli_contracts.envelope import Event
from linli_contracts.events.grid.staffing import WorkerAssigned
from linli_contracts.events.grid.territory import GridDrawn

from linli_evaluation.settings import Uow
from linli_evaluation.sources.grids import commands


class Grids:
    """Grids and their staff."""

    @subscribe(GridDrawn)
    def on_grid_drawn(self, uow: Uow, events: Sequence[Event]) -> None:
        """Record which grids there are."""
        commands.record_grids(uow, events)

    @subscribe(WorkerAssigned)
    def on_worker_assigned(self, uow: Uow, events: Sequence[Event]) -> None:
        """Record how grids are staffed."""
        commands.record_staffing(uow, events)
