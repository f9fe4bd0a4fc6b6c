"""The tables of the schema `webhooks`, which both features share."""

from __future__ import annotations

import sqlalchemy as sa
from linli_chassis.storage.database import create_engine
from sqlalchemy.dialects import postgresql as pg

SCHEMA = "webhooks"

metadata = sa.MetaData()


def _time(name: str, *, default_now: bool = False) -> sa.Column[object]:
    type_ = sa.DateTime(timezone=True)
    if default_now:
        return sa.Column(name, type_, nullable=False, server_default=sa.func.now())
    return sa.Column(name, type_)


endpoint = sa.Table(
    "endpoint",
    metadata,
    sa.Column("endpoint_id", pg.UUID(as_uuid=True), primary_key=True),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("types", pg.ARRAY(sa.Text), nullable=False),
    sa.Column("secret", sa.Text, nullable=False, comment="Encrypted."),
    sa.Column("allow_http", sa.Boolean, nullable=False),
    sa.Column("allow_private", sa.Boolean, nullable=False),
    _time("created_at", default_now=True),
    _time("disabled_at"),
    sa.Column("disabled_reason", sa.Text),
    _time("succeeded_at"),
)

event = sa.Table(
    "event",
    metadata,
    sa.Column("event_id", pg.UUID(as_uuid=True), primary_key=True),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False, comment="As it is signed and sent."),
    _time("received_at", default_now=True),
    sa.Index("event_received", "received_at"),
)

delivery = sa.Table(
    "delivery",
    metadata,
    sa.Column(
        "endpoint_id", sa.ForeignKey("endpoint.endpoint_id", ondelete="CASCADE"), primary_key=True
    ),
    sa.Column("event_id", sa.ForeignKey("event.event_id", ondelete="CASCADE"), primary_key=True),
    sa.Column("state", sa.Text, nullable=False, server_default="pending"),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    _time("next_attempt_at", default_now=True),
    _time("created_at", default_now=True),
    _time("delivered_at"),
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

unreadable = sa.Table(
    "unreadable",
    metadata,
    sa.Column("unreadable_id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("routing_key", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("headers", pg.JSONB, nullable=False),
    sa.Column("content_type", sa.Text),
    sa.Column("body", sa.LargeBinary, nullable=False),
)


def engine_of(database_url: str, pool_size: int = 2) -> sa.Engine:
    """An engine that sees the schema."""
    return create_engine(database_url, SCHEMA, pool_size=pool_size)
