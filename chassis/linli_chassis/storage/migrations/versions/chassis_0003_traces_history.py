"""The trace of an aggregate's next event, and the error of each failed attempt at an event."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "chassis_0003"
down_revision = "chassis_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "stream", sa.Column("traceparent", sa.Text, comment="what its last event was part of")
    )
    op.add_column(
        "inbox",
        sa.Column("history", pg.JSONB, comment="Each failed attempt: its number, time and error."),
    )
