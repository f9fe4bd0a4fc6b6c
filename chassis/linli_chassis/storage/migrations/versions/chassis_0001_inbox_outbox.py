"""The tables of the chassis: outbox, stream, inbox."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "chassis_0001"
down_revision = None
branch_labels = ("chassis",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "outbox",
        sa.Column("seq", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("event_id", pg.UUID(as_uuid=True), nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("routing_key", sa.Text, nullable=False),
        sa.Column("headers", pg.JSONB, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            nullable=False,
            server_default=sa.func.clock_timestamp(),
        ),
        sa.Column("published_at", sa.DateTime(timezone=True)),
        sa.Index("outbox_pending", "seq", postgresql_where=sa.text("published_at IS NULL")),
        sa.Index(
            "outbox_published", "published_at", postgresql_where=sa.text("published_at IS NOT NULL")
        ),
    )
    op.create_table(
        "stream",
        sa.Column("subject", sa.Text, primary_key=True),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        comment="How many events each aggregate has told: the source of an event's sequence.",
    )
    op.create_table(
        "inbox",
        sa.Column("event_id", pg.UUID(as_uuid=True), primary_key=True),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column(
            "state",
            sa.Text,
            sa.CheckConstraint("state IN ('handled', 'due', 'dead', 'discarded')"),
            nullable=False,
        ),
        sa.Column(
            "received_at",
            sa.DateTime(timezone=True),
            nullable=False,
            server_default=sa.func.clock_timestamp(),
        ),
        sa.Column("handled_at", sa.DateTime(timezone=True)),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True)),
        sa.Column("error", sa.Text),
        sa.Column("headers", pg.JSONB, comment="Kept until handled."),
        sa.Column("content_type", sa.Text),
        sa.Column("body", sa.LargeBinary, comment="Kept until handled."),
        sa.Index(
            "inbox_due", "next_attempt_at", "received_at", postgresql_where=sa.text("state = 'due'")
        ),
        sa.Index("inbox_dead", "received_at", postgresql_where=sa.text("state = 'dead'")),
        sa.Index("inbox_done", "handled_at", postgresql_where=sa.text("handled_at IS NOT NULL")),
    )
