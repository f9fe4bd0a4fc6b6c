"""Regions, units, grids and staff; a row is the newest state that was published."""

from __future__ import annotations

import sqlalchemy as sa

from linli_evaluation.sources.domain import SubjectLevel
from linli_evaluation.tables import metadata

region = sa.Table(
    "region",
    metadata,
    sa.Column("region_code", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("sequence", sa.BigInteger, nullable=False),
)

unit = sa.Table(
    "unit",
    metadata,
    sa.Column("unit_id", sa.Uuid, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("region_code", sa.Text, nullable=False),
    sa.Column("sequence", sa.BigInteger, nullable=False),
)


grid = sa.Table(
    "grid",
    metadata,
    sa.Column("grid_code", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("households", sa.Integer),
    sa.Column("area_m2", sa.Double, nullable=False),
    sa.Column("event_id", sa.Uuid, nullable=False),
    sa.Column("sequence", sa.BigInteger, nullable=False),
)

staffing = sa.Table(
    "staffing",
    metadata,
    sa.Column("grid_code", sa.Text, primary_key=True),
    sa.Column("worker_id", sa.Uuid, primary_key=True),
    sa.Column("duty", sa.Text, nullable=False),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("event_id", sa.Uuid, nullable=False),
    sa.Column("sequence", sa.BigInteger, nullable=False),
)


def names_of(connection: sa.Connection, level: SubjectLevel) -> dict[str, str]:
    """The names of the subjects of a level by code or id; may hold those of other levels too."""
    if level == "unit":
        query = sa.select(sa.cast(unit.c.unit_id, sa.Text), unit.c.name)
    elif level == "grid":
        query = sa.select(grid.c.grid_code, grid.c.name)
    else:
        query = sa.select(region.c.region_code, region.c.name)
    return {row[0]: row[1] for row in connection.execute(query)}


def unit_regions(connection: sa.Connection) -> dict[str, str]:
    """Where each unit is registered, by its id."""
    query = sa.select(sa.cast(unit.c.unit_id, sa.Text), unit.c.region_code)
    return {row[0]: row[1] for row in connection.execute(query)}
