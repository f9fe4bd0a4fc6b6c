"""Queries about regions, grids, boundaries and workers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from linli_grid.domain.workers import Assignment, Change
from linli_grid.locator import LocatedGrid
from linli_grid.store.tables import assignment, boundary, grid, grid_version, region

Row = dict[str, Any]

_FACTS = [column for column in grid.c if column.name != "shape"]


def save_regions(connection: sa.Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep the newest state of each region; `rows` hold each code once."""
    insert = pg.insert(region)
    newest = {name: insert.excluded[name] for name in ("name", "level", "sequence")}
    connection.execute(
        insert.on_conflict_do_update(
            index_elements=[region.c.code],
            set_=newest,
            where=region.c.sequence < insert.excluded.sequence,
        ),
        list(rows),
    )


def known_communities(connection: sa.Connection, codes: Iterable[str]) -> set[str]:
    """Which of these codes are registered communities."""
    query = sa.select(region.c.code).where(
        region.c.level == "community", region.c.code.in_(set(codes))
    )
    return set(connection.scalars(query))


def grids_by_code(connection: sa.Connection, codes: Iterable[str]) -> dict[str, Row]:
    """Whole rows of the grids with these codes, locked until the transaction ends."""
    query = (
        sa.select(grid)
        .where(grid.c.grid_code.in_(set(codes)))
        .order_by(grid.c.grid_code)
        .with_for_update()
    )
    return {row["grid_code"]: dict(row) for row in connection.execute(query).mappings()}


def save_grids(connection: sa.Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Draw or redraw grids, and let every replica notice."""
    insert = pg.insert(grid)
    drawn = {
        column.name: insert.excluded[column.name] for column in grid.c if not column.primary_key
    }
    connection.execute(
        insert.on_conflict_do_update(index_elements=[grid.c.grid_code], set_=drawn), list(rows)
    )
    connection.execute(sa.update(grid_version).values(version=uuid4()))


def save_boundary(connection: sa.Connection, row: Mapping[str, Any]) -> None:
    """Set the boundary of a community."""
    insert = pg.insert(boundary).values(row)
    connection.execute(
        insert.on_conflict_do_update(index_elements=[boundary.c.community_code], set_=dict(row))
    )


def boundaries_within(connection: sa.Connection, prefix: str) -> list[bytes]:
    """WKB of the boundaries of the communities under a region."""
    query = sa.select(boundary.c.shape).where(
        boundary.c.community_code.startswith(prefix, autoescape=True)
    )
    return [bytes(shape) for shape in connection.scalars(query.order_by(boundary.c.community_code))]


def current_version(connection: sa.Connection) -> UUID:
    """The version of all grids together."""
    version: UUID = connection.execute(sa.select(grid_version.c.version)).scalar_one()
    return version


def located_grids(connection: sa.Connection) -> list[LocatedGrid]:
    """All grids, as the index wants them."""
    query = sa.select(grid.c.grid_code, grid.c.name, grid.c.area_m2, grid.c.shape)
    return [
        LocatedGrid(code, name, area, bytes(shape))
        for code, name, area, shape in connection.execute(query)
    ]


def find_grid(connection: sa.Connection, grid_code: str) -> Row | None:
    """One grid with its shape."""
    row = (
        connection.execute(sa.select(grid).where(grid.c.grid_code == grid_code))
        .mappings()
        .one_or_none()
    )
    return dict(row) if row else None


def list_grids(
    connection: sa.Connection,
    prefixes: Iterable[str],
    after: str | None = None,
    limit: int | None = None,
) -> Sequence[Row]:
    """Grids under all of these regions by code, without their shapes."""
    query = sa.select(*_FACTS).order_by(grid.c.grid_code).limit(limit)
    for prefix in prefixes:
        query = query.where(grid.c.grid_code.startswith(prefix, autoescape=True))
    if after is not None:
        query = query.where(grid.c.grid_code > after)
    return [dict(row) for row in connection.execute(query).mappings()]


def lock_grid(connection: sa.Connection, grid_code: str) -> bool:
    """Whether the grid exists; it is locked until the transaction ends, so that duties are given
    one by one.
    """
    query = sa.select(grid.c.grid_code).where(grid.c.grid_code == grid_code).with_for_update()
    return connection.execute(query).first() is not None


def staff_of(connection: sa.Connection, grid_codes: Iterable[str]) -> dict[str, list[Assignment]]:
    """The workers of each of these grids; every grid is in the answer."""
    staff: dict[str, list[Assignment]] = {code: [] for code in grid_codes}
    query = (
        sa.select(assignment.c.grid_code, assignment.c.worker_id, assignment.c.duty)
        .where(assignment.c.grid_code.in_(list(staff)))
        .order_by(assignment.c.assigned_at, assignment.c.worker_id)
    )
    for code, worker_id, duty in connection.execute(query):
        staff[code].append(Assignment(worker_id, duty))
    return staff


def change_duty(connection: sa.Connection, grid_code: str, change: Change, now: datetime) -> None:
    """Take up or lay down a duty."""
    if change.active:
        row = {
            "grid_code": grid_code,
            "worker_id": change.worker_id,
            "duty": change.duty,
            "assigned_at": now,
        }
        connection.execute(sa.insert(assignment).values(row))
        return
    where = (assignment.c.grid_code == grid_code) & (assignment.c.worker_id == change.worker_id)
    connection.execute(sa.delete(assignment).where(where))
