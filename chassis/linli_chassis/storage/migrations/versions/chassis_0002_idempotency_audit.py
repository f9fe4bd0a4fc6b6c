"""Answers kept for requests with an Idempotency-Key, and who decided on dead events."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "chassis_0002"
down_revision = "chassis_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "idempotency",
        sa.Column("account", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("route", sa.Text, nullable=False, comment="method and path"),
        sa.Column("body_sha256", sa.Text, nullable=False),
        sa.Column(
            "status", sa.SmallInteger, comment="of the answer; null only inside the transaction"
        ),
        sa.Column("answer", sa.Text, comment="encrypted by the keyring: it may hold personal data"),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()
        ),
        sa.Index("idempotency_created", "created_at"),
    )
    op.create_table(
        "inbox_audit",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("event_id", pg.UUID(as_uuid=True), nullable=False, index=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("action", sa.Text, nullable=False, comment="replay or discard"),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        comment="Who decided what on dead events.",
    )
