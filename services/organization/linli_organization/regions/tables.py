"""The table of divisions."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from linli_organization.tables import among, metadata

regions = sa.Table(
    "regions",
    metadata,
    sa.Column("region_code", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("level", sa.Text, nullable=False),
    sa.Column("parent_code", sa.Text, sa.ForeignKey("regions.region_code"), index=True),
    sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
)


def registered_codes(connection: sa.Connection, codes: Iterable[str]) -> frozenset[str]:
    """Those of the codes that are registered."""
    query = sa.select(regions.c.region_code).where(among(regions.c.region_code, codes))
    return frozenset(connection.scalars(query))
