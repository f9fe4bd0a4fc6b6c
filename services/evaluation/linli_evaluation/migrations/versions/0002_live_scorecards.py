"""Scorecards of open periods are kept as they were last scored; facts are found by their place."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "evaluation_0002"
down_revision = "evaluation_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "counted_change",
        sa.Column("backend", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("changes", sa.BigInteger, nullable=False),
        comment="How often what is counted was changed, by the backend that did it.",
    )
    op.create_table(
        "live_scoring",
        sa.Column("period", sa.Text, primary_key=True),
        sa.Column("level", sa.Text, primary_key=True),
        sa.Column("basis", sa.Text, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("scored_at", sa.DateTime(timezone=True), nullable=False),
        comment="What the scorecards of open periods were last scored from.",
    )
    op.create_table(
        "live_scorecard",
        sa.Column("period", sa.Text, primary_key=True),
        sa.Column("level", sa.Text, primary_key=True),
        sa.Column("subject", sa.Text, primary_key=True),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("card", pg.JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["period", "level"], ["live_scoring.period", "live_scoring.level"], ondelete="CASCADE"
        ),
    )
    place = sa.text("coalesce(grid_code, district_code) text_pattern_ops")
    op.create_index("fact_place", "fact", [place])


def downgrade() -> None:
    op.drop_index("fact_place", "fact")
    for table in ("live_scorecard", "live_scoring", "counted_change"):
        op.drop_table(table)
