"""The table of units."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

import sqlalchemy as sa
from linli_chassis.storage.records import columns_of, fetch_all
from sqlalchemy.dialects import postgresql as pg

from linli_organization.tables import Query, among, metadata
from linli_organization.units.domain import Unit

units = sa.Table(
    "units",
    metadata,
    sa.Column("unit_id", pg.UUID(as_uuid=True), primary_key=True),
    sa.Column("external_ref", sa.Text, nullable=False, unique=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column(
        "region_code", sa.Text, sa.ForeignKey("regions.region_code"), nullable=False, index=True
    ),
    sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
)


def select_units() -> Query:
    """All units, as `Unit` has them."""
    return sa.select(*columns_of(units, Unit))


def units_by_id(connection: sa.Connection, unit_ids: Iterable[UUID]) -> dict[UUID, Unit]:
    """Those of the units that are registered."""
    query = select_units().where(among(units.c.unit_id, unit_ids))
    return {unit.unit_id: unit for unit in fetch_all(connection, query, Unit)}
