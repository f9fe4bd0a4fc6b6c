"""The tables of the grid service. The migrations make them; a test compares the two."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

metadata = sa.MetaData()

_UUID = pg.UUID(as_uuid=True)
_MOMENT = sa.DateTime(timezone=True)

region = sa.Table(
    "region",
    metadata,
    sa.Column("code", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("level", sa.Text, nullable=False),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    comment="Divisions as the organization service tells them; sequence is that of the newest event.",
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
        pg.JSONB,
        comment="what was repaired in the drawing: template and params; null is nothing",
    ),
    sa.Column("drawn_at", _MOMENT, nullable=False),
)

boundary = sa.Table(
    "boundary",
    metadata,
    sa.Column("community_code", sa.Text, primary_key=True),
    sa.Column("shape", sa.LargeBinary, nullable=False),
    sa.Column("area_m2", sa.Double, nullable=False),
    sa.Column("drawn_at", _MOMENT, nullable=False),
)

grid_version = sa.Table(
    "grid_version",
    metadata,
    sa.Column("sole", sa.Boolean, sa.CheckConstraint("sole"), primary_key=True),
    sa.Column("version", _UUID, nullable=False),
    comment="One row: another random value with every change of a grid, by which replicas notice it.",
)

assignment = sa.Table(
    "assignment",
    metadata,
    sa.Column("grid_code", sa.Text, sa.ForeignKey("grid.grid_code"), primary_key=True),
    sa.Column("worker_id", _UUID, primary_key=True),
    sa.Column("duty", sa.Text, nullable=False),
    sa.Column("assigned_at", _MOMENT, nullable=False),
    sa.Index(
        "assignment_held_by_one",
        "grid_code",
        "duty",
        unique=True,
        postgresql_where=sa.text("duty IN ('full_time', 'deputy')"),
    ),
)

request = sa.Table(
    "request",
    metadata,
    sa.Column("request_id", _UUID, primary_key=True),
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
    sa.Column("original_request_id", _UUID, sa.ForeignKey("request.request_id")),
    sa.Column("rejection_reason", sa.Text),
    sa.Column("recorded_outcome", sa.Text, comment="how it ended in the older system"),
    sa.Column("registered_at", _MOMENT, nullable=False),
    sa.Column("updated_at", _MOMENT, nullable=False),
    sa.UniqueConstraint("source", "external_ref", name="request_source_external_ref_key"),
    sa.Index("request_newest", "registered_at", "request_id"),
    sa.Index(
        "request_of_grid",
        "grid_code",
        "registered_at",
        postgresql_ops={"grid_code": "text_pattern_ops"},
    ),
    sa.Index("request_alike", "category", "registered_at"),
    sa.Index(
        "request_followers",
        "original_request_id",
        postgresql_where=sa.text("original_request_id IS NOT NULL"),
    ),
)

contact_access = sa.Table(
    "contact_access",
    metadata,
    sa.Column("access_id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("request_id", _UUID, sa.ForeignKey("request.request_id"), nullable=False, index=True),
    sa.Column("account", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("accessed_at", _MOMENT, nullable=False),
    comment="Who read a resident's contact and words, when, and why.",
)
