"""Events, facts, names, and the periods that were closed."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "evaluation_0001"
down_revision = None
branch_labels = ("evaluation",)
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def _fact_columns() -> list[sa.Column[Any]]:
    texts = (
        "grid_code community_code subdistrict_code district_code category domain channel priority"
        " status"
    )
    times = (
        "registered_at opened_at answer_due_at answered_at first_dispatched_at dispatched_at due_at"
        " resolved_at closed_at cancelled_at rated_at"
    )
    flags = "suspended overdue_answer overdue_finish imported"
    counts = "dispatches declines returns unmatched escalations extensions checks reworks reopened"
    return [
        sa.Column("request_id", sa.Uuid, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("case_id", sa.Uuid),
        *(sa.Column(name, sa.Text) for name in [*texts.split(), "cancel_reason", "reject_reason"]),
        *(sa.Column(name, MOMENT) for name in times.split()),
        *(sa.Column(name, sa.Uuid) for name in ("unit_id", "resource_id")),
        *(
            sa.Column(name, sa.Boolean, nullable=False, server_default="false")
            for name in flags.split()
        ),
        *(
            sa.Column(name, sa.Integer, nullable=False, server_default="0")
            for name in counts.split()
        ),
        *(sa.Column(name, sa.Boolean) for name in ("answered", "solved")),
        sa.Column("satisfaction", sa.Integer),
        *(sa.Column(name, sa.Double) for name in ("working_hours", "elapsed_hours")),
    ]


def _of_closing() -> list[sa.Column[Any] | sa.ForeignKeyConstraint]:
    return [
        sa.Column("period", sa.Text, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(["period", "revision"], ["closing.period", "closing.revision"]),
    ]


def upgrade() -> None:
    _facts()
    _names()
    _closings()


def _facts() -> None:
    op.create_table(
        "fact_event",
        sa.Column("event_id", sa.Uuid, primary_key=True),
        sa.Column("request_id", sa.Uuid, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("time", MOMENT, nullable=False),
        sa.Column("data", pg.JSONB, nullable=False),
        comment="Every event that tells of a request or its case, as it came.",
    )
    op.create_index("fact_event_request", "fact_event", ["request_id"])
    op.create_table(
        "fact",
        *_fact_columns(),
        sa.PrimaryKeyConstraint("request_id"),
        comment="One row per request, folded from its events.",
    )
    op.create_index("fact_grid", "fact", ["grid_code", "request_id"])
    for name in (
        "registered_at",
        "answer_due_at",
        "first_dispatched_at",
        "due_at",
        "closed_at",
        "rated_at",
    ):
        op.create_index(f"fact_{name}", "fact", [name])


def _names() -> None:
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
        sa.Column("region_code", sa.Text, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "grid",
        sa.Column("grid_code", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("households", sa.Integer),
        sa.Column("area_m2", sa.Double, nullable=False),
        sa.Column("event_id", sa.Uuid, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "staffing",
        sa.Column("grid_code", sa.Text, primary_key=True),
        sa.Column("worker_id", sa.Uuid, primary_key=True),
        sa.Column("duty", sa.Text, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("event_id", sa.Uuid, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
    )


def _closings() -> None:
    op.create_table(
        "definitions",
        sa.Column("hash", sa.Text, primary_key=True),
        sa.Column("document", pg.JSON, nullable=False),
        comment="The indicator definitions that closed periods were scored by.",
    )
    op.create_table(
        "closing",
        sa.Column("period", sa.Text, primary_key=True),
        sa.Column("revision", sa.Integer, primary_key=True),
        sa.Column("closed_at", MOMENT, nullable=False),
        sa.Column("closed_by", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, comment="Why it was revised; null for the first."),
        sa.Column("definitions_hash", sa.Text, sa.ForeignKey("definitions.hash"), nullable=False),
        sa.Column("inputs_hash", sa.Text, nullable=False),
    )
    op.create_table(
        "scorecard",
        *_of_closing(),
        sa.Column("level", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("scorecard_id", sa.Uuid, nullable=False),
        sa.Column("place", sa.Integer, nullable=False, comment="Order in the list of its level."),
        sa.Column("card", pg.JSON, nullable=False),
        sa.PrimaryKeyConstraint("period", "revision", "level", "subject"),
    )
    op.create_table(
        "closed_fact",
        *_of_closing(),
        *_fact_columns(),
        sa.PrimaryKeyConstraint("period", "revision", "request_id"),
        comment=(
            "The facts counted, as they stood when the period was closed:"
            " what its scorecards open down to."
        ),
    )
    op.create_table(
        "closed_grid",
        *_of_closing(),
        *(
            sa.Column(name, sa.Text, nullable=False)
            for name in ("grid_code", "community_code", "subdistrict_code", "district_code")
        ),
        sa.Column("households", sa.Integer),
        sa.Column("area_m2", sa.Double, nullable=False),
        *(
            sa.Column(name, sa.Integer, nullable=False)
            for name in ("full_time", "part_time", "deputy")
        ),
        sa.Column("event_ids", pg.ARRAY(sa.Uuid), nullable=False),
        sa.PrimaryKeyConstraint("period", "revision", "grid_code"),
        comment="The grids and their staff as they stood when the period was closed.",
    )


def downgrade() -> None:
    for table in (
        "closed_grid",
        "closed_fact",
        "scorecard",
        "closing",
        "definitions",
        "staffing",
        "grid",
        "unit",
        "region",
        "fact",
        "fact_event",
    ):
        op.drop_table(table)
