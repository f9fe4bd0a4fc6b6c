"""Cases, their histories, and what the desk knows of others."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "service_desk_0001"
down_revision = None
branch_labels = ("service_desk",)
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _read_models()
    _cases()
    _records()


def downgrade() -> None:
    for table in ("case_rating", "case_refusal", "case_dispatch", "case_transition", "case_file"):
        op.drop_table(table)
    for table in ("resource", "grid", "unit", "region"):
        op.drop_table(table)


def _read_models() -> None:
    op.create_table(
        "region",
        sa.Column("region_code", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "unit",
        sa.Column("unit_id", sa.Uuid, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("region_code", sa.Text, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "grid",
        sa.Column("grid_code", sa.Text, primary_key=True),
        sa.Column("community_code", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("longitude", sa.Double),
        sa.Column("latitude", sa.Double),
        sa.Column("sequence", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "resource",
        sa.Column("resource_id", sa.Uuid, primary_key=True),
        sa.Column("unit_id", sa.Uuid, nullable=False),
        sa.Column("services", ARRAY(sa.Text), nullable=False),
        sa.Column("capacity_per_day", sa.Integer, nullable=False),
        sa.Column("covers", ARRAY(sa.Text), nullable=False),
        sa.Column("longitude", sa.Double),
        sa.Column("latitude", sa.Double),
        sa.Column("hours", JSONB),
        sa.Column("withdrawn", sa.Boolean, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
    )


def _cases() -> None:
    op.create_table(
        "case_file",
        sa.Column("case_id", sa.Uuid, primary_key=True),
        sa.Column("request_id", sa.Uuid, nullable=False, unique=True),
        sa.Column("tracking_digest", sa.Text, nullable=False),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("grid_code", sa.Text),
        sa.Column("longitude", sa.Double),
        sa.Column("latitude", sa.Double),
        sa.Column("priority", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("recorded", sa.Boolean, nullable=False),
        sa.Column("answer_due_at", MOMENT),
        sa.Column("answered_at", MOMENT),
        sa.Column("resource_id", sa.Uuid),
        sa.Column("unit_id", sa.Uuid),
        sa.Column("owner_unit_id", sa.Uuid),
        sa.Column("dispatched_at", MOMENT),
        sa.Column("reply_due_at", MOMENT),
        sa.Column("due_at", MOMENT),
        sa.Column("suspended_at", MOMENT),
        sa.Column("resume_at", MOMENT),
        sa.Column("suspended_hours", sa.Double, nullable=False),
        sa.Column("extended", sa.Boolean, nullable=False),
        sa.Column("resolved_at", MOMENT),
        sa.Column("ended_at", MOMENT),
        sa.Column("reassignments", sa.Integer, nullable=False),
        sa.Column("reworks", sa.Integer, nullable=False),
        sa.Column("closings", sa.Integer, nullable=False),
        sa.Column("level", sa.Text),
        sa.Column("answer_overdue_for", MOMENT),
        sa.Column("finish_overdue_for", MOMENT),
        sa.Column("retry_at", MOMENT),
        sa.Column("unmatched_reasons", ARRAY(sa.Text), nullable=False),
    )
    op.create_index("case_file_tracking_digest", "case_file", ["tracking_digest"])
    op.create_index("case_file_newest", "case_file", ["opened_at", "case_id"])
    op.create_index(
        "case_file_grid_service", "case_file", ["grid_code", "service", "dispatched_at"]
    )
    op.create_index("case_file_unit", "case_file", ["unit_id"])
    waiting = sa.text("state = 'established'")
    op.create_index(
        "case_file_waiting", "case_file", ["opened_at", "case_id"], postgresql_where=waiting
    )
    live = sa.text("state IN ('established', 'dispatched', 'handling', 'resolved', 'suspended')")
    op.create_index("case_file_clocks", "case_file", ["state"], postgresql_where=live)


def _case_id(primary_key: bool = False) -> sa.Column[object]:
    return sa.Column(
        "case_id",
        sa.Uuid,
        sa.ForeignKey("case_file.case_id"),
        nullable=False,
        primary_key=primary_key,
    )


def _records() -> None:
    op.create_table(
        "case_transition",
        sa.Column("transition_id", sa.BigInteger, sa.Identity(), primary_key=True),
        _case_id(),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("from_state", sa.Text),
        sa.Column("to_state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("resource_id", sa.Uuid),
        sa.Column("note", sa.Text),
        sa.Column("evidence", JSONB),
    )
    op.create_index("case_transition_case", "case_transition", ["case_id", "transition_id"])
    op.create_table(
        "case_dispatch",
        sa.Column("dispatch_id", sa.BigInteger, sa.Identity(), primary_key=True),
        _case_id(),
        sa.Column("resource_id", sa.Uuid, nullable=False),
        sa.Column("unit_id", sa.Uuid, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("reasons", JSONB, nullable=False),
        sa.Column("alternatives", JSONB, nullable=False),
    )
    op.create_index("case_dispatch_today", "case_dispatch", ["at", "resource_id"])
    op.create_index("case_dispatch_case", "case_dispatch", ["case_id", "dispatch_id"])
    op.create_table(
        "case_refusal",
        _case_id(primary_key=True),
        sa.Column("resource_id", sa.Uuid, primary_key=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.create_table(
        "case_rating",
        _case_id(primary_key=True),
        sa.Column("closing", sa.Integer, primary_key=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("answered", sa.Boolean, nullable=False),
        sa.Column("solved", sa.Boolean, nullable=False),
        sa.Column("satisfaction", sa.Integer),
    )
