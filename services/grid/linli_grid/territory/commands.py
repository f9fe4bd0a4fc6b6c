"""Drawing grids and boundaries, and recording the regions that they belong to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from linli_chassis.http.imports import Batch, ImportResult
from linli_chassis.storage.projections import upsert_states
from linli_contracts.envelope import Event
from linli_contracts.events.grid.territory import GridDrawn
from linli_contracts.fields import coarse
from linli_contracts.identity import Actor
from linli_kernel.errors import NotFound

from linli_grid.errors import BadGeometry, BadGridCode, ForeignGrid
from linli_grid.geometry import Drawing, Repair
from linli_grid.settings import Uow
from linli_grid.territory import tables
from linli_grid.territory.domain import (
    UNREGISTERED,
    DrawGrid,
    DrawnGrid,
    SetBoundary,
    check_grid_code,
    community_of,
)
from linli_grid.territory.engine.drawings import read_drawings


@dataclass(frozen=True, slots=True)
class RepairedItem:
    """An item of an import that was taken after a repair, by its place from 0."""

    index: int
    repair: Repair


@dataclass(frozen=True, slots=True)
class GridImportResult(ImportResult):
    """What became of an import of grids."""

    repaired: Sequence[RepairedItem]


@dataclass(frozen=True, slots=True)
class BoundaryResult:
    """A boundary that was set."""

    community_code: str
    area_m2: float
    repair: Repair | None


def import_grids(uow: Uow, actor: Actor, batch: Batch[DrawGrid]) -> GridImportResult:
    """Draw or redraw many grids; good ones are taken, bad ones listed.

    The same ones again change nothing.
    """
    codes = [item.grid_code for item in batch.items]
    communities = tables.known_communities(uow.connection, map(community_of, codes))
    batch = batch.check(
        lambda item: check_grid_code(item.grid_code, uow.settings.grid_digits, communities)
    )
    batch = batch.within(actor, lambda item: item.grid_code, ForeignGrid, "/grid_code")
    areas = read_drawings([item.geometry for item in batch.items])
    grids = batch.map(partial(_draw, uow.now, iter(areas))).check(_first_of_its_code())
    before = tables.lock_grids(uow.connection, codes)
    changed = [grid for grid in grids.items if not grid.is_same_as(before.get(grid.grid_code))]
    tables.save_grids(uow.connection, changed)
    for grid in changed:
        uow.emit(_grid_drawn(grid))
    result = grids.result(len(changed))
    repaired = [RepairedItem(i, grid.repair) for i, grid in grids.indexed if grid.repair]
    return GridImportResult(result.accepted, result.unchanged, result.refused, repaired)


def set_boundary(
    uow: Uow, actor: Actor, community_code: str, command: SetBoundary
) -> BoundaryResult:
    """Set the boundary that the grids of a community are to cover.

    Raises:
        NotFound: the community is not registered.
        BadGeometry: the drawing is no polygon.
    """
    actor.must_cover(community_code)
    if not tables.known_communities(uow.connection, [community_code]):
        raise NotFound(UNREGISTERED, community=community_code)
    (area,) = read_drawings([command.geometry])
    if isinstance(area, BadGeometry):
        raise area
    tables.save_boundary(uow.connection, community_code, area.shape.wkb, area.area_m2, uow.now)
    return BoundaryResult(community_code, round(area.area_m2, 1), area.repair)


def upsert_regions(uow: Uow, events: Sequence[Event]) -> None:
    """Record the newest state of each region, in whatever order its events come."""
    upsert_states(
        uow.connection, tables.region, events, lambda event: {"code": event.data["region_code"]}
    )


def _first_of_its_code() -> Callable[[DrawnGrid], None]:
    """The rule that only the first drawing of a grid in an import counts."""
    codes: set[str] = set()

    def rule(grid: DrawnGrid) -> None:
        if grid.grid_code in codes:
            raise BadGridCode("An earlier item has this grid code already.", pointer="/grid_code")
        codes.add(grid.grid_code)

    return rule


def _draw(now: datetime, areas: Iterator[Drawing], item: DrawGrid) -> DrawnGrid:
    """The grid that an item draws, whose area is the next one. Raises `BadGeometry`."""
    area = next(areas)
    if isinstance(area, BadGeometry):
        raise area
    inside = area.shape.representative_point()
    return DrawnGrid(
        grid_code=item.grid_code,
        community_code=community_of(item.grid_code),
        name=item.name,
        households=item.households,
        area_m2=area.area_m2,
        longitude=inside.x,
        latitude=inside.y,
        repair=area.repair,
        drawn_at=now,
        shape=area.shape.wkb,
    )


def _grid_drawn(grid: DrawnGrid) -> GridDrawn:
    return GridDrawn(
        grid_code=grid.grid_code,
        community_code=grid.community_code,
        name=grid.name,
        households=grid.households,
        area_m2=round(grid.area_m2, 1),
        centre=coarse(grid.longitude, grid.latitude),
    )
