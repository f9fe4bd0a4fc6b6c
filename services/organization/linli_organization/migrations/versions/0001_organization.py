"""Regions, units and resources."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "organization_0001"
down_revision = None
branch_labels = ("organization",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "regions",
        sa.Column("region_code", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("level", sa.Text, nullable=False),
        sa.Column("parent_code", sa.Text, sa.ForeignKey("regions.region_code"), index=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "units",
        sa.Column("unit_id", pg.UUID(as_uuid=True), primary_key=True),
        sa.Column("external_ref", sa.Text, nullable=False, unique=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column(
            "region_code", sa.Text, sa.ForeignKey("regions.region_code"), nullable=False, index=True
        ),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "resources",
        sa.Column("resource_id", pg.UUID(as_uuid=True), primary_key=True),
        sa.Column("external_ref", sa.Text, nullable=False, unique=True),
        sa.Column(
            "unit_id",
            pg.UUID(as_uuid=True),
            sa.ForeignKey("units.unit_id"),
            nullable=False,
            index=True,
        ),
        sa.Column("services", pg.ARRAY(sa.Text), nullable=False),
        sa.Column("capacity_per_day", sa.Integer, nullable=False),
        sa.Column("covers", pg.ARRAY(sa.Text), nullable=False),
        sa.Column("longitude", sa.Double),
        sa.Column("latitude", sa.Double),
        sa.Column("hours", pg.JSONB),
        sa.Column("languages", pg.ARRAY(sa.Text), nullable=False),
        sa.Column("skills", pg.ARRAY(sa.Text), nullable=False),
        sa.Column("state", sa.Text, nullable=False, server_default="offered"),
        sa.Column("withdrawn_because", sa.Text),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('offered', 'withdrawn')", name="state_is_known"),
    )
