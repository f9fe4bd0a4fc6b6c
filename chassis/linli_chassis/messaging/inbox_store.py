"""The rows of the inbox: ids of handled events, and the events that wait for a retry or are dead.

A stored event has its body, its errors and the time of its next attempt. All functions work in the
transaction of their connection, whose search path begins with the schema of the service.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from linli_contracts.envelope import Event, Message

from linli_chassis.messaging.retry import state_after

_CLAIM = sa.text("""
    INSERT INTO inbox (event_id, type, state, handled_at)
    SELECT id, type, 'handled', now()
    FROM unnest(CAST(:ids AS uuid[]), CAST(:types AS text[])) AS t(id, type)
    ORDER BY id  -- two replicas with the same events wait for each other instead of deadlocking
    ON CONFLICT (event_id) DO NOTHING RETURNING event_id""")

_STORE = sa.text("""
    INSERT INTO inbox (event_id, type, state, attempts, next_attempt_at, error, headers,
                       content_type, body, history)
    VALUES (:id, :type, :state, :attempts, now() + :delay, :error, CAST(:headers AS jsonb),
            :content_type, :body,
            jsonb_build_array(jsonb_build_object(
                'attempt', :attempts, 'at', now(), 'error', CAST(:error AS text))))
    ON CONFLICT (event_id) DO NOTHING""")

_PENDING_RETRY = """
    SELECT event_id, type, attempts, headers, content_type, body FROM inbox
    WHERE state = 'due' AND {which}
    ORDER BY next_attempt_at, received_at LIMIT :limit FOR UPDATE SKIP LOCKED"""
_RETRY_NOW = sa.text(_PENDING_RETRY.format(which="next_attempt_at <= clock_timestamp()"))
_RETRY_ONE = sa.text(_PENDING_RETRY.format(which="event_id = :id"))

_MARK_HANDLED = sa.text("""
    UPDATE inbox SET state = 'handled', handled_at = now(), next_attempt_at = NULL, error = NULL,
                     headers = NULL, content_type = NULL, body = NULL
    WHERE event_id = ANY(CAST(:ids AS uuid[]))""")

_POSTPONE = sa.text("""
    UPDATE inbox SET state = :state, attempts = :attempts, next_attempt_at = now() + :delay,
                     error = :error, history = coalesce(history, '[]') || jsonb_build_object(
                         'attempt', CAST(:attempts AS int), 'at', now(),
                         'error', CAST(:error AS text))
    WHERE event_id = :id AND state = 'due' AND attempts = :attempts - 1""")

_MARK_DEAD = sa.text("""
    UPDATE inbox SET state = 'dead', attempts = attempts + 1, error = :error,
                     history = coalesce(history, '[]') || jsonb_build_object(
                         'attempt', attempts + 1, 'at', now(), 'error', CAST(:error AS text))
    WHERE event_id = :id""")

_SECONDS_TO_NEXT = sa.text("""
    SELECT extract(epoch FROM min(next_attempt_at) - clock_timestamp())
    FROM inbox WHERE state = 'due'""")


def channel_of(service: str) -> str:
    """The NOTIFY channel on which the embedded bus wakes the inbox of `service`."""
    return f"linli_inbox_{service}"


def claim(connection: sa.Connection, events: Sequence[Event]) -> set[UUID]:
    """Enter the ids of events as handled; those that were not there yet."""
    values = {"ids": [str(event.id) for event in events], "types": [event.type for event in events]}
    return set(connection.scalars(_CLAIM, values))


def mark_handled(connection: sa.Connection, ids: Sequence[UUID]) -> None:
    """Note that stored events were handled, and delete their headers and bodies."""
    connection.execute(_MARK_HANDLED, {"ids": [str(event_id) for event_id in ids]})


def pending_retry(connection: sa.Connection, limit: int) -> Sequence[sa.Row[Any]]:
    """The rows whose next attempt is due, locked; without those that another process has locked."""
    return connection.execute(_RETRY_NOW, {"limit": limit}).all()


def pending_retry_of(connection: sa.Connection, event_id: UUID) -> Sequence[sa.Row[Any]]:
    """The row of one event, locked, if it still waits for a retry."""
    return connection.execute(_RETRY_ONE, {"limit": 1, "id": event_id}).all()


def seconds_to_next_retry(connection: sa.Connection) -> float | None:
    """How long until the next retry is due, negative if it is overdue; None when there is none."""
    seconds = connection.scalar(_SECONDS_TO_NEXT)
    return None if seconds is None else float(seconds)


def store(
    connection: sa.Connection,
    message: Message,
    event_id: UUID,
    event_type: str,
    error: str,
    *,
    dead: bool,
) -> bool:
    """Store a message that failed for the first time, due or `dead`; whether it is new."""
    state, delay = ("dead", timedelta(0)) if dead else state_after(1)
    values = {
        "id": event_id,
        "type": printable(event_type),
        "state": state,
        "attempts": 1,
        "delay": delay,
        "error": printable(error),
        "headers": json.dumps(printable_headers(message.headers)),
        "content_type": printable(message.content_type),
        "body": message.body,
    }
    return connection.execute(_STORE, values).rowcount == 1


def postpone(connection: sa.Connection, event_id: UUID, attempts: int, error: str) -> bool:
    """Note that this attempt failed: the event waits for the next one, or is dead.

    Whether it was still to be noted: another process may have retried the event meanwhile.
    """
    state, delay = state_after(attempts)
    values = {
        "id": event_id,
        "state": state,
        "attempts": attempts,
        "delay": delay,
        "error": printable(error),
    }
    return connection.execute(_POSTPONE, values).rowcount == 1


def mark_dead(connection: sa.Connection, event_id: UUID, error: str) -> None:
    """Make a stored event a dead letter at once, for it cannot even be read."""
    connection.execute(_MARK_DEAD, {"id": event_id, "error": printable(error)})


def printable(text: str) -> str:
    """Text that PostgreSQL takes: without NUL and halves of surrogate pairs, as AMQP allows."""
    return text.encode("utf-8", "replace").decode().replace("\x00", "�")


def printable_headers(headers: Mapping[Any, Any]) -> dict[str, str]:
    """The headers that are text, as those of events are; AMQP knows other types."""
    return {
        printable(str(name)): printable(value)
        for name, value in headers.items()
        if isinstance(value, str)
    }
