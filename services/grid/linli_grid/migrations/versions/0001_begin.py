"""Regions known, grids, boundaries, workers, requests and who read a contact."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "grid_0001"
down_revision = None
branch_labels = ("grid",)
depends_on = None

UUID = pg.UUID(as_uuid=True)
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    make_regions_and_grids()
    make_requests()


def make_regions_and_grids() -> None:
    op.create_table(
        "region",
        sa.Column("code", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("level", sa.Text, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        comment="Divisions as the organization service tells them; "
        "sequence is that of the newest event.",
    )
    op.create_table(
        "grid",
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
            pg.JSONB,
            comment="what was repaired in the drawing: template and params; null is nothing",
        ),
        sa.Column("drawn_at", MOMENT, nullable=False),
    )
    op.create_table(
        "boundary",
        sa.Column("community_code", sa.Text, primary_key=True),
        sa.Column("shape", sa.LargeBinary, nullable=False),
        sa.Column("area_m2", sa.Double, nullable=False),
        sa.Column("drawn_at", MOMENT, nullable=False),
    )
    op.create_table(
        "grid_version",
        sa.Column("sole", sa.Boolean, sa.CheckConstraint("sole"), primary_key=True),
        sa.Column("version", UUID, nullable=False),
        comment="One row: another random value with every change of a grid, "
        "by which replicas notice it.",
    )
    op.execute("INSERT INTO grid_version (sole, version) VALUES (true, gen_random_uuid())")
    op.create_table(
        "assignment",
        sa.Column("grid_code", sa.Text, sa.ForeignKey("grid.grid_code"), primary_key=True),
        sa.Column("worker_id", UUID, primary_key=True),
        sa.Column("duty", sa.Text, nullable=False),
        sa.Column("assigned_at", MOMENT, nullable=False),
    )
    op.create_index(
        "assignment_held_by_one",
        "assignment",
        ["grid_code", "duty"],
        unique=True,
        postgresql_where=sa.text("duty IN ('full_time', 'deputy')"),
    )


def make_requests() -> None:
    op.create_table(
        "request",
        sa.Column("request_id", UUID, primary_key=True),
        sa.Column("source", sa.Text, comment="the older system it was brought in from"),
        sa.Column("external_ref", sa.Text, comment="its number there"),
        sa.Column("category", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("priority", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("location_status", sa.Text, nullable=False),
        sa.Column("grid_code", sa.Text),
        sa.Column("longitude", sa.Double, comment="WGS-84"),
        sa.Column("latitude", sa.Double),
        sa.Column("description", sa.Text, comment="encrypted for request_id"),
        sa.Column("contact", sa.Text, comment="encrypted for request_id"),
        sa.Column("note", sa.Text, comment="the worker's words, encrypted for request_id"),
        sa.Column("photos", pg.JSONB),
        sa.Column("tracking_digest", sa.Text, nullable=False, unique=True),
        sa.Column("original_request_id", UUID, sa.ForeignKey("request.request_id")),
        sa.Column("rejection_reason", sa.Text),
        sa.Column("recorded_outcome", sa.Text, comment="how it ended in the older system"),
        sa.Column("registered_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.UniqueConstraint("source", "external_ref", name="request_source_external_ref_key"),
    )
    op.create_index("request_newest", "request", ["registered_at", "request_id"])
    op.create_index(
        "request_of_grid",
        "request",
        ["grid_code", "registered_at"],
        postgresql_ops={"grid_code": "text_pattern_ops"},
    )
    op.create_index("request_alike", "request", ["category", "registered_at"])
    op.create_index(
        "request_followers",
        "request",
        ["original_request_id"],
        postgresql_where=sa.text("original_request_id IS NOT NULL"),
    )
    op.create_table(
        "contact_access",
        sa.Column("access_id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column(
            "request_id", UUID, sa.ForeignKey("request.request_id"), nullable=False, index=True
        ),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("accessed_at", MOMENT, nullable=False),
        comment="Who read a resident's contact and words, when, and why.",
    )
