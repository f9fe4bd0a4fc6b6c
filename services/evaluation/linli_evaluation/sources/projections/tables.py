"""Regions, units, grids and staff; a row is the newest state that was published."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from linli_evaluation.sources.domain import SubjectLevel
from linli_evaluation.tables import Column, metadata

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


def names_of(
    connection: sa.Connection, level: SubjectLevel, subjects: Collection[str]
) -> dict[str, str]:
    """The names of subjects of a level by code or id, as far as they are known."""
    if level == "unit":
        key, name = unit.c.unit_id, unit.c.name
    elif level == "grid":
        key, name = grid.c.grid_code, grid.c.name
    else:
        key, name = region.c.region_code, region.c.name
    query = sa.select(sa.cast(key, sa.Text), name).where(key.in_(subjects))
    return {row[0]: row[1] for row in connection.execute(query)}


def region_of_unit(subject: Column) -> Column:
    """Where the unit of an id, as text, is registered; null where that is not known."""
    query = sa.select(unit.c.region_code).where(unit.c.unit_id == sa.cast(subject, sa.Uuid))
    return query.scalar_subquery()
