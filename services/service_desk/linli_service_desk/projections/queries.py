"""What is known of others, from their events."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from linli_chassis.storage.records import columns_of, fetch_all
from linli_kernel.codes import RegionCode

from linli_service_desk.projections.tables import grid, region, resource, unit

Point = tuple[float | None, float | None]
"""Longitude and latitude, WGS-84."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A resource on offer. `hours` holds ISO weekdays and `HH:MM` times; None is always open."""

    resource_id: UUID
    unit_id: UUID
    services: list[str]
    capacity_per_day: int
    covers: list[str]
    longitude: float | None
    latitude: float | None
    hours: Mapping[str, Any] | None


def unit_names(connection: sa.Connection, unit_ids: Collection[UUID]) -> dict[UUID, str]:
    """Names of units, as far as they are known."""
    query = sa.select(unit.c.unit_id, unit.c.name).where(unit.c.unit_id.in_(unit_ids))
    return {row.unit_id: row.name for row in connection.execute(query)}


def place_names(connection: sa.Connection, grid_code: str | None) -> list[str]:
    """The official names from the district down to the grid, as far as they are known."""
    if grid_code is None:
        return []
    regions = (
        sa.select(region.c.name)
        .where(region.c.region_code.in_(RegionCode(grid_code).lineage[:-1]))
        .order_by(region.c.region_code)
    )
    grids = sa.select(grid.c.name).where(grid.c.grid_code == grid_code)
    return [*connection.scalars(regions), *connection.scalars(grids)]


def grid_centres(connection: sa.Connection, grid_codes: Collection[str]) -> dict[str, Point]:
    """The centres of grids, as far as they are known."""
    query = sa.select(grid.c.grid_code, grid.c.longitude, grid.c.latitude).where(
        grid.c.grid_code.in_(grid_codes)
    )
    return {row.grid_code: (row.longitude, row.latitude) for row in connection.execute(query)}


def resources_on_offer(
    connection: sa.Connection, resource_id: UUID | None = None
) -> list[Resource]:
    """All resources that are not withdrawn, or the one asked for."""
    query = sa.select(*columns_of(resource, Resource)).where(~resource.c.withdrawn)
    if resource_id:
        query = query.where(resource.c.resource_id == resource_id)
    return fetch_all(connection, query, Resource)
