"""Grids and those who answer for them, how they cover the ground, and which one a place is in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from linli_chassis.http import Page, PageRequest, fetch_page
from linli_chassis.process.offload import run_in_thread
from linli_chassis.storage.records import columns_of, fetch_all, fetch_one
from linli_contracts.identity import Actor
from linli_kernel.codes import RegionCode
from linli_kernel.errors import Invalid, NotFound

from linli_grid.settings import Uow
from linli_grid.staffing import Staff, StaffFinding, find_unstaffed, staff_of
from linli_grid.territory import tables
from linli_grid.territory.domain import DrawnGrid, GeoJson, Grid
from linli_grid.territory.engine.coverage import Overlap, Spot, check_coverage
from linli_grid.territory.engine.geometry import to_geojson
from linli_grid.territory.engine.index import GridIndex, GridLocator
from linli_grid.territory.engine.placing import HasCoordinates, Placement, place_many, place_one

_locator = GridLocator()
"""The one of this process, whose index lasts from request to request."""


@dataclass(frozen=True, kw_only=True)
class ListGrids(PageRequest):
    """List the grids under `region_code`, or all."""

    region_code: str | None


@dataclass(frozen=True, slots=True)
class CheckCoverage:
    """Check a community or any other region, or the whole district."""

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
    """How seamless the grids under a region are; overlaps and gaps largest first."""

    region_code: str
    tolerance_m2: float
    grids: int
    area_m2: float
    overlaps: Sequence[Overlap]
    gaps: Sequence[Spot]
    repaired: Sequence[Grid]
    findings: Sequence[StaffFinding]


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
    shapes = {grid.grid_code: grid.shape for grid in tables.located_grids(uow.connection)}
    asked = {code: shape for code, shape in sorted(shapes.items()) if region.covers(code)}
    others = {code: shape for code, shape in sorted(shapes.items()) if not region.covers(code)}
    by_code = _select_within(region).order_by(tables.grid.c.grid_code)
    boundaries = tables.boundaries_within(uow.connection, region)
    tolerance_m2 = uow.settings.coverage_tolerance_m2
    coverage = run_in_thread(check_coverage, asked, others, boundaries, tolerance_m2)
    return CoverageReport(
        region_code=region,
        tolerance_m2=tolerance_m2,
        grids=len(asked),
        area_m2=round(coverage.area_m2, 1),
        overlaps=coverage.overlaps,
        gaps=coverage.gaps,
        repaired=[grid for grid in fetch_all(uow.connection, by_code, Grid) if grid.repair],
        findings=find_unstaffed(uow.connection, asked),
    )


def locate(uow: Uow, item: HasCoordinates) -> Placement:
    """Place one thing, with its neighbours and warnings.

    Raises:
        Invalid: one coordinate without the other.
        FarOutside: further from every grid than a district reaches.
    """
    settings = uow.settings
    return place_one(
        _index(uow), item, border_m=settings.border_m, max_outside_km=settings.max_outside_km
    )


def locate_all(uow: Uow, items: Sequence[HasCoordinates]) -> list[Placement | Invalid]:
    """Place many things, without neighbours and warnings; instead of each that cannot be, why."""
    return run_in_thread(place_many, _index(uow), items, uow.settings.max_outside_km)


def _select_within(*prefixes: str) -> sa.Select[Any]:
    """The grids that lie under all of these regions."""
    code = tables.grid.c.grid_code
    return sa.select(*columns_of(tables.grid, Grid)).where(
        *(code.startswith(prefix, autoescape=True) for prefix in prefixes)
    )


def _index(uow: Uow) -> GridIndex:
    """The index of the grids as they are now."""
    version = tables.current_version(uow.connection)
    return _locator.index(version, lambda: tables.located_grids(uow.connection))
