"""Endpoints, the events kept for them, and their deliveries."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "webhooks_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "endpoint",
        sa.Column("endpoint_id", pg.UUID(as_uuid=True), primary_key=True),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("types", pg.ARRAY(sa.Text), nullable=False),
        sa.Column("secret", sa.Text, nullable=False, comment="Encrypted."),
        sa.Column("allow_http", sa.Boolean, nullable=False),
        sa.Column("allow_private", sa.Boolean, nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()
        ),
        sa.Column("disabled_at", sa.DateTime(timezone=True)),
        sa.Column("disabled_reason", sa.Text),
        sa.Column("succeeded_at", sa.DateTime(timezone=True)),
    )
    op.create_table(
        "event",
        sa.Column("event_id", pg.UUID(as_uuid=True), primary_key=True),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False, comment="As it is signed and sent."),
        sa.Column(
            "received_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()
        ),
        sa.Index("event_received", "received_at"),
    )
    op.create_table(
        "delivery",
        sa.Column(
            "endpoint_id",
            pg.UUID(as_uuid=True),
            sa.ForeignKey("endpoint.endpoint_id", ondelete="CASCADE"),
        ),
        sa.Column(
            "event_id", pg.UUID(as_uuid=True), sa.ForeignKey("event.event_id", ondelete="CASCADE")
        ),
        sa.PrimaryKeyConstraint("endpoint_id", "event_id"),
        sa.Column("state", sa.Text, nullable=False, server_default="pending"),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column(
            "next_attempt_at",
            sa.DateTime(timezone=True),
            nullable=False,
            server_default=sa.func.now(),
        ),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()
        ),
        sa.Column("delivered_at", sa.DateTime(timezone=True)),
        sa.Column("last_status", sa.Integer),
        sa.Column("last_error", sa.Text),
        sa.CheckConstraint("state IN ('pending', 'delivered', 'failed')", name="delivery_state"),
        sa.Index(
            "delivery_due",
            "endpoint_id",
            "next_attempt_at",
            postgresql_where=sa.text("state = 'pending'"),
        ),
        sa.Index("delivery_event", "event_id"),
    )
    op.create_table(
        "unreadable",
        sa.Column("unreadable_id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("routing_key", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("headers", pg.JSONB, nullable=False),
        sa.Column("content_type", sa.Text),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
