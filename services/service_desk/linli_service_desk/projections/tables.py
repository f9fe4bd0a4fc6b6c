"""The tables of the read models, each row from the newest event of its aggregate."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from linli_service_desk.tables import metadata

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
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("region_code", sa.Text, nullable=False),
    sa.Column("sequence", sa.BigInteger, nullable=False),
)

grid = sa.Table(
    "grid",
    metadata,
    sa.Column("grid_code", sa.Text, primary_key=True),
    sa.Column("community_code", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("longitude", sa.Double),
    sa.Column("latitude", sa.Double),
    sa.Column("sequence", sa.BigInteger, nullable=False),
)

resource = sa.Table(
    "resource",
    metadata,
    sa.Column("resource_id", sa.Uuid, primary_key=True),
    sa.Column("unit_id", sa.Uuid, nullable=False),
    sa.Column("services", ARRAY(sa.Text), nullable=False),
    sa.Column("capacity_per_day", sa.Integer, nullable=False),
    sa.Column("covers", ARRAY(sa.Text), nullable=False),
    sa.Column("longitude", sa.Double),
    sa.Column("latitude", sa.Double),
    sa.Column("hours", JSONB(none_as_null=True)),
    sa.Column("withdrawn", sa.Boolean, nullable=False),
    sa.Column("sequence", sa.BigInteger, nullable=False),
)
