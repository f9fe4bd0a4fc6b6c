"""The schema `webhooks`: its tables and how they come about. What is done with them: `store`."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from linli_chassis.storage.database import create_engine
from sqlalchemy.dialects import postgresql as pg

SCHEMA = "webhooks"
_MIGRATIONS = Path(__file__).parent / "migrations"

metadata = sa.MetaData()

endpoint = sa.Table(
    "endpoint",
    metadata,
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

event = sa.Table(
    "event",
    metadata,
    sa.Column("event_id", pg.UUID(as_uuid=True), primary_key=True),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False, comment="As it is signed and sent."),
    sa.Column(
        "received_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()
    ),
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
    sa.Column(
        "next_attempt_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()
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


def migrate(database_url: str) -> None:
    """Bring the schema to its newest version; safe to run at the same time from several places."""
    engine = engine_of(database_url, pool_size=1)
    try:
        with engine.begin() as connection:
            connection.execute(
                sa.text("SELECT pg_advisory_xact_lock(hashtextextended('migrate webhooks', 0))")
            )
            if not sa.inspect(connection).has_schema(SCHEMA):
                connection.execute(sa.schema.CreateSchema(SCHEMA))
            config = Config()
            config.set_main_option("script_location", str(_MIGRATIONS))
            config.set_main_option("path_separator", "os")
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        engine.dispose()
