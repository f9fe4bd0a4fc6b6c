"""Grids and those who answer for them, how they cover the ground, and which one a place is in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from linli_chassis.http import Page, PageRequest, fetch_page
from linli_chassis.http.paging import encode_cursor
from linli_chassis.process.offload import WorkerProcessEnded, run_in_thread
from linli_chassis.storage.records import columns_of, fetch_all, fetch_one
from linli_contracts.identity import Actor
from linli_kernel.codes import RegionCode
from linli_kernel.errors import Invalid, NotFound

from linli_grid.errors import TooComplex
from linli_grid.geometry import Coverage, GeoJson, Overlap, Spot, check_coverage, to_geojson
from linli_grid.settings import Uow
from linli_grid.staffing import Staff, StaffFinding, find_unstaffed, staff_of
from linli_grid.territory import tables
from linli_grid.territory.domain import DrawnGrid, Grid
from linli_grid.territory.engine.drawings import GEOMETRY_SECONDS, compute
from linli_grid.territory.engine.index import GridIndex, GridLocator
from linli_grid.territory.engine.placing import HasCoordinates, Placement, place_many, place_one

_locator = GridLocator()
"""The one of this process, whose index lasts from request to request."""


@dataclass(frozen=True, kw_only=True)
class ListGrids(PageRequest):
    """List the grids under `region_code`, or all."""

    region_code: str | None


@dataclass(frozen=True, kw_only=True)
class CheckCoverage(PageRequest):
    """Check a community or any other region, or the whole district; `after` is [items before]."""

    community_code: str | None


@dataclass(frozen=True, kw_only=True)
class StaffedGrid(Grid):
    """A grid and those who answer for it."""

    staff: Staff


@dataclass(frozen=True, kw_only=True)
class StaffedDrawnGrid(StaffedGrid, DrawnGrid):
    """A grid with its shape and those who answer for it."""

    @property
    def geometry(self) -> GeoJson:
        return to_geojson(self.shape)


@dataclass(frozen=True, kw_only=True)
class CoverageReport:
    """How seamless the grids under a region are: a page of each list, largest first.

    `totals` has the length of each whole list by its name.
    """

    region_code: str
    tolerance_m2: float
    grids: int
    area_m2: float
    overlaps: Sequence[Overlap]
    gaps: Sequence[Spot]
    repaired: Sequence[Grid]
    findings: Sequence[StaffFinding]
    totals: Mapping[str, int]
    next: str | None


def list_grids(uow: Uow, actor: Actor, query: ListGrids) -> Page[StaffedGrid]:
    """Grids under a region and within the caller's, by code."""
    within = _select_within(query.region_code or "", actor.region)
    grids = fetch_page(uow.connection, within, Grid, query, tables.grid.c.grid_code)
    staff = staff_of(uow.connection, [grid.grid_code for grid in grids.items])
    staffed = [StaffedGrid(**vars(grid), staff=staff[grid.grid_code]) for grid in grids.items]
    return Page(staffed, grids.next)


def get_grid(uow: Uow, actor: Actor, grid_code: str) -> StaffedDrawnGrid:
    """One grid with its shape and its workers.

    Raises:
        NotFound: there is none.
    """
    actor.must_cover(grid_code)
    query = sa.select(tables.grid).where(tables.grid.c.grid_code == grid_code)
    grid = fetch_one(uow.connection, query, DrawnGrid)
    if grid is None:
        raise NotFound("There is no grid {code}.", code=grid_code)
    return StaffedDrawnGrid(**vars(grid), staff=staff_of(uow.connection, [grid_code])[grid_code])


def report_coverage(uow: Uow, actor: Actor, query: CheckCoverage) -> CoverageReport:
    """Check the grids under a region against each other and the boundaries of communities.

    To the person (责任到人): grids without a full-time worker are findings too.
    """
    region = RegionCode(query.community_code or uow.district)
    actor.must_cover(region)
    coverage = _coverage(uow, region)
    by_code = _select_within(region).order_by(tables.grid.c.grid_code)
    lists: dict[str, Sequence[Any]] = {
        "overlaps": coverage.overlaps,
        "gaps": coverage.gaps,
        "repaired": [grid for grid in fetch_all(uow.connection, by_code, Grid) if grid.repair],
        "findings": find_unstaffed(uow.connection, coverage.grid_codes),
    }
    start = _items_before(query.after)
    end = start + query.limit
    return CoverageReport(
        region_code=region,
        tolerance_m2=uow.settings.coverage_tolerance_m2,
        grids=len(coverage.grid_codes),
        area_m2=round(coverage.area_m2, 1),
        **{name: items[start:end] for name, items in lists.items()},
        totals={name: len(items) for name, items in lists.items()},
        next=encode_cursor([end]) if any(len(items) > end for items in lists.values()) else None,
    )


def _coverage(uow: Uow, region: RegionCode) -> Coverage:
    """The grids under a region compared with each other and the boundaries of communities.

    Raises:
        TooComplex, GeometryBusy: it takes too much time or memory.
    """
    shapes = {grid.grid_code: grid.shape for grid in tables.located_grids(uow.connection)}
    asked = {code: shape for code, shape in sorted(shapes.items()) if region.covers(code)}
    others = {code: shape for code, shape in sorted(shapes.items()) if not region.covers(code)}
    boundaries = tables.boundaries_within(uow.connection, region)
    tolerance_m2 = uow.settings.coverage_tolerance_m2
    try:
        return compute(check_coverage, asked, others, boundaries, tolerance_m2)
    except WorkerProcessEnded as error:
        raise TooComplex(seconds=f"{GEOMETRY_SECONDS:g}") from error


def _items_before(after: Sequence[object] | None) -> int:
    """How many items of each list stand before the page that a cursor names."""
    if after is None:
        return 0
    if len(after) != 1 or not isinstance(after[0], int) or after[0] < 0:
        raise Invalid("Not a cursor of ours.")
    return after[0]


def locate(uow: Uow, item: HasCoordinates, version: UUID) -> Placement:
    """Place one thing, with its neighbours and warnings.

    Args:
        version: That of all grids, as `VERSION` has it in this transaction.

    Raises:
        Invalid: one coordinate without the other.
        FarOutside: further from every grid than a district reaches.
    """
    settings = uow.settings
    return place_one(
        _index(uow, version),
        item,
        border_m=settings.border_m,
        max_outside_km=settings.max_outside_km,
    )


def locate_all(uow: Uow, items: Sequence[HasCoordinates]) -> list[Placement | Invalid]:
    """Place many things, without neighbours and warnings; instead of each that cannot be, why."""
    return run_in_thread(
        place_many,
        _index(uow, tables.current_version(uow.connection)),
        items,
        uow.settings.max_outside_km,
    )


def _select_within(*prefixes: str) -> sa.Select[Any]:
    """The grids that lie under all of these regions."""
    code = tables.grid.c.grid_code
    return sa.select(*columns_of(tables.grid, Grid)).where(
        *(code.startswith(prefix, autoescape=True) for prefix in prefixes)
    )


def _index(uow: Uow, version: UUID) -> GridIndex:
    """The index of the grids at a version that was read before."""
    return _locator.index(version, lambda: tables.located_grids(uow.connection))
