"""The tables. Names are unqualified: the search path is the schema of the service."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

metadata = sa.MetaData()

_MOMENT = sa.DateTime(timezone=True)


def _moment(name: str) -> sa.Column[object]:
    return sa.Column(name, _MOMENT)


# Read models, each row from the newest event of its aggregate.

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

# Cases.

case_file = sa.Table(
    "case_file",
    metadata,
    sa.Column("case_id", sa.Uuid, primary_key=True),
    sa.Column("request_id", sa.Uuid, nullable=False, unique=True),
    sa.Column("tracking_digest", sa.Text, nullable=False),
    sa.Column("service", sa.Text, nullable=False),
    sa.Column("grid_code", sa.Text),
    sa.Column("longitude", sa.Double),
    sa.Column("latitude", sa.Double),
    sa.Column("priority", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("opened_at", _MOMENT, nullable=False),
    sa.Column("recorded", sa.Boolean, nullable=False),
    _moment("answer_due_at"),
    _moment("answered_at"),
    sa.Column("resource_id", sa.Uuid),
    sa.Column("unit_id", sa.Uuid),
    sa.Column("owner_unit_id", sa.Uuid),
    _moment("dispatched_at"),
    _moment("reply_due_at"),
    _moment("due_at"),
    _moment("suspended_at"),
    _moment("resume_at"),
    sa.Column("suspended_hours", sa.Double, nullable=False),
    sa.Column("extended", sa.Boolean, nullable=False),
    _moment("resolved_at"),
    _moment("ended_at"),
    sa.Column("reassignments", sa.Integer, nullable=False),
    sa.Column("reworks", sa.Integer, nullable=False),
    sa.Column("closings", sa.Integer, nullable=False),
    sa.Column("level", sa.Text),
    _moment("answer_overdue_for"),
    _moment("finish_overdue_for"),
    _moment("retry_at"),
    sa.Column("unmatched_reasons", ARRAY(sa.Text, as_tuple=True), nullable=False),
    sa.Index("case_file_tracking_digest", "tracking_digest"),
    sa.Index("case_file_newest", "opened_at", "case_id"),
    sa.Index("case_file_grid_service", "grid_code", "service", "dispatched_at"),
    sa.Index("case_file_unit", "unit_id"),
    sa.Index(
        "case_file_waiting",
        "opened_at",
        "case_id",
        postgresql_where=sa.text("state = 'established'"),
    ),
    sa.Index(
        "case_file_clocks",
        "state",
        postgresql_where=sa.text(
            "state IN ('established', 'dispatched', 'handling', 'resolved', 'suspended')"
        ),
    ),
)

case_transition = sa.Table(
    "case_transition",
    metadata,
    sa.Column("transition_id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("case_id", sa.Uuid, sa.ForeignKey("case_file.case_id"), nullable=False),
    sa.Column("at", _MOMENT, nullable=False),
    sa.Column("account", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("from_state", sa.Text),
    sa.Column("to_state", sa.Text, nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("resource_id", sa.Uuid),
    sa.Column("note", sa.Text),  # encrypted: free text
    sa.Column("evidence", JSONB(none_as_null=True)),
    sa.Index("case_transition_case", "case_id", "transition_id"),
)

case_dispatch = sa.Table(
    "case_dispatch",
    metadata,
    sa.Column("dispatch_id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("case_id", sa.Uuid, sa.ForeignKey("case_file.case_id"), nullable=False),
    sa.Column("resource_id", sa.Uuid, nullable=False),
    sa.Column("unit_id", sa.Uuid, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("at", _MOMENT, nullable=False),
    sa.Column("reasons", JSONB, nullable=False),
    sa.Column("alternatives", JSONB, nullable=False),
    sa.Index("case_dispatch_today", "at", "resource_id"),
    sa.Index("case_dispatch_case", "case_id", "dispatch_id"),
)

case_refusal = sa.Table(
    "case_refusal",
    metadata,
    sa.Column("case_id", sa.Uuid, sa.ForeignKey("case_file.case_id"), primary_key=True),
    sa.Column("resource_id", sa.Uuid, primary_key=True),
    sa.Column("at", _MOMENT, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
)

case_rating = sa.Table(
    "case_rating",
    metadata,
    sa.Column("case_id", sa.Uuid, sa.ForeignKey("case_file.case_id"), primary_key=True),
    sa.Column("closing", sa.Integer, primary_key=True),
    sa.Column("at", _MOMENT, nullable=False),
    sa.Column("answered", sa.Boolean, nullable=False),
    sa.Column("solved", sa.Boolean, nullable=False),
    sa.Column("satisfaction", sa.Integer),
)
