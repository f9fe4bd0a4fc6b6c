"""The tables of regions, grids and boundaries, and their SQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from linli_chassis.storage.records import fetch_all
from sqlalchemy.dialects import postgresql as pg

from linli_grid import tables as shared
from linli_grid.geometry import Repair
from linli_grid.tables import MOMENT, metadata
from linli_grid.territory.domain import DrawnGrid
from linli_grid.territory.engine.index import LocatedGrid


class RepairColumn(sa.TypeDecorator[Repair]):
    """A repair as the template of its text and the parameters."""

    impl = pg.JSONB
    cache_ok = True

    def process_bind_param(
        self,
        value: Repair | None,
        dialect: sa.Dialect,  # noqa: ARG002
    ) -> Mapping[str, object] | None:
        """A repair as it is stored."""
        if value is None:
            return None
        return {"template": value.message, "params": asdict(value)}

    def process_result_value(
        self,
        value: Any,
        dialect: sa.Dialect,  # noqa: ARG002
    ) -> Repair | None:
        """A repair as it was."""
        return None if value is None else Repair(**value["params"])


region = sa.Table(
    "region",
    metadata,
    sa.Column("code", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("level", sa.Text, nullable=False),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    comment="Divisions as the organization service tells them; "
    "sequence is that of the newest event.",
)

grid = sa.Table(
    "grid",
    metadata,
    sa.Column("grid_code", sa.Text, primary_key=True),
    sa.Column("community_code", sa.Text, nullable=False, index=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("households", sa.Integer),
    sa.Column("shape", sa.LargeBinary, nullable=False, comment="WKB, WGS-84 degrees"),
    sa.Column("area_m2", sa.Double, nullable=False),
    sa.Column("longitude", sa.Double, nullable=False, comment="of a point inside, WGS-84"),
    sa.Column("latitude", sa.Double, nullable=False),
    sa.Column(
        "repair",
        RepairColumn,
        comment="what was repaired in the drawing: template and params; null is nothing",
    ),
    sa.Column("drawn_at", MOMENT, nullable=False),
    sa.Index("grid_by_prefix", "grid_code", postgresql_ops={"grid_code": "text_pattern_ops"}),
)

boundary = sa.Table(
    "boundary",
    metadata,
    sa.Column("community_code", sa.Text, primary_key=True),
    sa.Column("shape", sa.LargeBinary, nullable=False),
    sa.Column("area_m2", sa.Double, nullable=False),
    sa.Column("drawn_at", MOMENT, nullable=False),
)

grid_version = sa.Table(
    "grid_version",
    metadata,
    sa.Column("sole", sa.Boolean, sa.CheckConstraint("sole"), primary_key=True),
    sa.Column("version", shared.UUID, nullable=False),
    comment="One row: another random value with every change of a grid, "
    "by which replicas notice it.",
)


def known_communities(connection: sa.Connection, codes: Iterable[str]) -> set[str]:
    """Which of these codes are registered communities."""
    query = sa.select(region.c.code).where(
        region.c.level == "community", region.c.code.in_(set(codes))
    )
    return set(connection.scalars(query))


def lock_grids(connection: sa.Connection, codes: Iterable[str]) -> dict[str, DrawnGrid]:
    """The grids with these codes, locked until the transaction ends."""
    query = (
        sa.select(grid)
        .where(grid.c.grid_code.in_(set(codes)))
        .order_by(grid.c.grid_code)
        .with_for_update()
    )
    return {locked.grid_code: locked for locked in fetch_all(connection, query, DrawnGrid)}


def save_grids(connection: sa.Connection, grids: Sequence[DrawnGrid]) -> None:
    """Draw or redraw grids, and let every replica notice."""
    if not grids:
        return
    insert = pg.insert(grid)
    changes = {
        column.name: insert.excluded[column.name] for column in grid.c if not column.primary_key
    }
    connection.execute(
        insert.on_conflict_do_update(index_elements=[grid.c.grid_code], set_=changes),
        [vars(new) for new in grids],
    )
    connection.execute(sa.update(grid_version).values(version=uuid4()))


def save_boundary(
    connection: sa.Connection, community_code: str, shape: bytes, area_m2: float, now: datetime
) -> None:
    """Set the boundary of a community, as WKB in WGS-84 degrees."""
    row = {"shape": shape, "area_m2": area_m2, "drawn_at": now}
    insert = pg.insert(boundary).values(community_code=community_code, **row)
    connection.execute(
        insert.on_conflict_do_update(index_elements=[boundary.c.community_code], set_=row)
    )


def boundaries_within(connection: sa.Connection, prefix: str) -> list[bytes]:
    """WKB of the boundaries of the communities under a region."""
    query = sa.select(boundary.c.shape).where(
        boundary.c.community_code.startswith(prefix, autoescape=True)
    )
    return list(connection.scalars(query.order_by(boundary.c.community_code)))


VERSION = sa.select(grid_version.c.version).scalar_subquery()
"""The version of all grids, as a value in a query that reads something else too."""


def current_version(connection: sa.Connection) -> UUID:
    """The version of all grids together."""
    version: UUID = connection.execute(sa.select(grid_version.c.version)).scalar_one()
    return version


def located_grids(connection: sa.Connection) -> list[LocatedGrid]:
    """All grids, as the index wants them."""
    query = sa.select(grid.c.grid_code, grid.c.name, grid.c.area_m2, grid.c.shape)
    return fetch_all(connection, query, LocatedGrid)


def grid_exists(connection: sa.Connection, grid_code: str) -> bool:
    """Whether there is a grid with this code."""
    query = sa.select(grid.c.grid_code).where(grid.c.grid_code == grid_code)
    return connection.execute(query).first() is not None


def lock_grid(connection: sa.Connection, grid_code: str) -> bool:
    """Whether there is a grid with this code; it is locked until the transaction ends."""
    query = sa.select(grid.c.grid_code).where(grid.c.grid_code == grid_code).with_for_update()
    return connection.execute(query).first() is not None
