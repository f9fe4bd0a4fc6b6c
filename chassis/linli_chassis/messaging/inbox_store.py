"""The rows of the inbox: ids of what was handled, and what could not be handled with its body,
errors and next attempt.

All functions work in the transaction of the connection they are given, in whose search path the
service's schema is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from linli_contracts.envelope import Event, Message
from sqlalchemy.dialects import postgresql as pg

from linli_chassis.storage.database import metadata

inbox = sa.Table(
    "inbox",
    metadata,
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
    sa.Column("history", pg.JSONB, comment="Each failed attempt: its number, time and error."),
    sa.Column("headers", pg.JSONB, comment="Kept until handled."),
    sa.Column("content_type", sa.Text),
    sa.Column("body", sa.LargeBinary, comment="Kept until handled."),
    sa.Index(
        "inbox_due", "next_attempt_at", "received_at", postgresql_where=sa.text("state = 'due'")
    ),
    sa.Index("inbox_dead", "received_at", postgresql_where=sa.text("state = 'dead'")),
    sa.Index("inbox_done", "handled_at", postgresql_where=sa.text("handled_at IS NOT NULL")),
)

inbox_audit = sa.Table(
    "inbox_audit",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("event_id", pg.UUID(as_uuid=True), nullable=False, index=True),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    sa.Column("action", sa.Text, nullable=False, comment="replay or discard"),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    comment="Who decided what on dead events.",
)

RETRY_DELAYS = tuple(
    timedelta(seconds=s) for s in (0.05, 0.1, 0.2, 0.5, 1, 10, 20, 30, 300, 900, 1800)
)
"""How long an event waits after each failed attempt; after the last one it is dead."""

_CLAIM = sa.text("""
    INSERT INTO inbox (event_id, type, state, handled_at)
    SELECT id, type, 'handled', now() FROM unnest(CAST(:ids AS uuid[]), CAST(:types AS text[])) AS t(id, type)
    ORDER BY id  -- two replicas with the same events wait for each other instead of deadlocking
    ON CONFLICT (event_id) DO NOTHING RETURNING event_id""")

_KEEP = sa.text("""
    INSERT INTO inbox (event_id, type, state, attempts, next_attempt_at, error, headers, content_type, body, history)
    VALUES (:id, :type, :state, :attempts, now() + :delay, :error, CAST(:headers AS jsonb), :content_type, :body,
            jsonb_build_array(jsonb_build_object('attempt', :attempts, 'at', now(), 'error', CAST(:error AS text))))
    ON CONFLICT (event_id) DO NOTHING""")

_DUE = """
    SELECT event_id, type, attempts, headers, content_type, body FROM inbox
    WHERE state = 'due' AND {which} ORDER BY next_attempt_at, received_at LIMIT :limit FOR UPDATE SKIP LOCKED"""
_DUE_NOW = sa.text(_DUE.format(which="next_attempt_at <= clock_timestamp()"))
_DUE_ONE = sa.text(_DUE.format(which="event_id = :id"))

_SETTLE = sa.text("""
    UPDATE inbox SET state = 'handled', handled_at = now(), next_attempt_at = NULL, error = NULL,
                     headers = NULL, content_type = NULL, body = NULL
    WHERE event_id = ANY(CAST(:ids AS uuid[]))""")

_POSTPONE = sa.text("""
    UPDATE inbox SET state = :state, attempts = :attempts, next_attempt_at = now() + :delay, error = :error,
                     history = coalesce(history, '[]') || jsonb_build_object(
                         'attempt', CAST(:attempts AS int), 'at', now(), 'error', CAST(:error AS text))
    WHERE event_id = :id AND state = 'due' AND attempts = :attempts - 1""")

_BURY = sa.text("""
    UPDATE inbox SET state = 'dead', attempts = attempts + 1, error = :error,
                     history = coalesce(history, '[]') || jsonb_build_object(
                         'attempt', attempts + 1, 'at', now(), 'error', CAST(:error AS text))
    WHERE event_id = :id""")

_NEXT_DUE = sa.text("""
    SELECT extract(epoch FROM min(next_attempt_at) - clock_timestamp()) FROM inbox WHERE state = 'due'""")


def channel_of(service: str) -> str:
    """The NOTIFY channel on which the embedded bus wakes the inbox of `service`."""
    return f"linli_inbox_{service}"


def claim(connection: sa.Connection, events: Sequence[Event]) -> set[UUID]:
    """Enter the ids of events as handled; those that were not there yet."""
    values = {"ids": [str(event.id) for event in events], "types": [event.type for event in events]}
    return set(connection.scalars(_CLAIM, values))


def settle(connection: sa.Connection, ids: Sequence[UUID]) -> None:
    """Note that kept events were handled, and forget what was kept of them."""
    connection.execute(_SETTLE, {"ids": [str(event_id) for event_id in ids]})


def due(connection: sa.Connection, limit: int) -> Sequence[sa.Row[Any]]:
    """The rows whose time has come, locked; those that another process has locked are left to it."""
    return connection.execute(_DUE_NOW, {"limit": limit}).all()


def due_one(connection: sa.Connection, event_id: UUID) -> Sequence[sa.Row[Any]]:
    """The row of one event, locked, if it is still due."""
    return connection.execute(_DUE_ONE, {"limit": 1, "id": event_id}).all()


def seconds_to_next(connection: sa.Connection) -> float | None:
    """How long until the next kept event is due, negative if that has passed; None when there is
    none.
    """
    found = connection.scalar(_NEXT_DUE)
    return None if found is None else float(found)


def keep(
    connection: sa.Connection,
    message: Message,
    event_id: UUID,
    name: str,
    error: str,
    *,
    dead: bool,
) -> None:
    """Keep a message that failed for the first time; to be tried again, or dead where no number of
    tries helps.
    """
    state, delay = ("dead", timedelta(0)) if dead else verdict(1)
    values = {
        "id": event_id,
        "type": printable(name),
        "state": state,
        "attempts": 1,
        "delay": delay,
        "error": printable(error),
        "headers": json.dumps(printable_headers(message.headers)),
        "content_type": printable(message.content_type),
        "body": message.body,
    }
    connection.execute(_KEEP, values)


def postpone(connection: sa.Connection, event_id: UUID, attempts: int, error: str) -> None:
    """Note that this attempt failed: the event waits longer, or is dead after the last one."""
    state, delay = verdict(attempts)
    values = {
        "id": event_id,
        "state": state,
        "attempts": attempts,
        "delay": delay,
        "error": printable(error),
    }
    connection.execute(_POSTPONE, values)


def bury(connection: sa.Connection, event_id: UUID, error: str) -> None:
    """Lay a kept event aside as dead, for it cannot even be read."""
    connection.execute(_BURY, {"id": event_id, "error": printable(error)})


def verdict(attempts: int) -> tuple[str, timedelta]:
    """What becomes of an event after so many failed attempts: its state, and the pause before the
    next one.
    """
    if attempts > len(RETRY_DELAYS):
        return "dead", timedelta(0)
    return "due", RETRY_DELAYS[attempts - 1]


def printable(text: str) -> str:
    """Text that PostgreSQL takes: without NUL, and without halves of surrogate pairs, which AMQP
    headers may hold.
    """
    return text.encode("utf-8", "replace").decode().replace("\x00", "�")


def printable_headers(headers: Mapping[Any, Any]) -> dict[str, str]:
    """Those headers that are text, as events have them; others may be of any type that AMQP knows."""
    return {
        printable(str(name)): printable(value)
        for name, value in headers.items()
        if isinstance(value, str)
    }
