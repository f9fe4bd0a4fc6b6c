"""The outbox: events written in the transaction of their change, until the relay published them.

The table `stream` counts the events of each aggregate, from which an event has its sequence.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from linli_contracts.envelope import Event, Message, message_of
from linli_contracts.registry import find

from linli_chassis.observability import tracing

# One statement numbers the events of all aggregates of a unit of work. Its row locks make a second
# writer of an aggregate wait for the first, so that the outbox keeps each aggregate's order.
_NEXT_AGGREGATE_SEQUENCES = sa.text("""
    INSERT INTO stream AS s (subject, sequence, traceparent)
    SELECT * FROM unnest(CAST(:subjects AS text[]), CAST(:counts AS bigint[]),
                         CAST(:traces AS text[])) AS t(subject, n, trace) ORDER BY subject
    ON CONFLICT (subject) DO UPDATE SET sequence = s.sequence + excluded.sequence,
                                        traceparent = coalesce(excluded.traceparent, s.traceparent)
    RETURNING subject, sequence, traceparent""")

_APPEND = sa.text("""
    WITH appended AS (
        INSERT INTO outbox (event_id, type, routing_key, headers, body)
        SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:types AS text[]), CAST(:keys AS text[]),
                             CAST(:headers AS jsonb[]), CAST(:bodies AS text[])))
    SELECT pg_notify(:channel, '')""")

_PENDING = sa.text("""
    SELECT seq, event_id, type, routing_key, headers, body FROM outbox
    WHERE published_at IS NULL ORDER BY seq LIMIT :limit""")

_MARK = sa.text(
    "UPDATE outbox SET published_at = clock_timestamp() WHERE seq = ANY(CAST(:seqs AS bigint[]))"
)


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One row that waits to be published."""

    seq: int
    event_id: UUID
    type: str
    routing_key: str
    message: Message

    @property
    def correlation_id(self) -> str:
        return self.message.headers["ce-correlationid"]


def channel_of(service: str) -> str:
    """The NOTIFY channel on which a commit wakes the relay of `service`."""
    return f"linli_outbox_{service}"


def append(connection: sa.Connection, service: str, pending: Sequence[tuple[Event, bytes]]) -> None:
    """Number events within their aggregates and write them, in two statements whatever their count.

    Args:
        pending: events without their number, each with its body from `encode_data`.
    """
    numbered = _numbered(connection, service, [event for event, _ in pending])
    rows = [
        (event, message_of(event, body)) for event, (_, body) in zip(numbered, pending, strict=True)
    ]
    connection.execute(
        _APPEND,
        {
            "ids": [str(event.id) for event, _ in rows],
            "types": [event.type for event, _ in rows],
            "keys": [find(event.type).routing_key(event.district) for event, _ in rows],
            "headers": [json.dumps(dict(message.headers)) for _, message in rows],
            "bodies": [message.body.decode() for _, message in rows],
            "channel": channel_of(service),
        },
    )


def pending(connection: sa.Connection, limit: int) -> list[OutboxRow]:
    """The oldest unpublished rows, in the order of `seq`."""
    return [_row(row) for row in connection.execute(_PENDING, {"limit": limit})]


def mark_published(connection: sa.Connection, seqs: Sequence[int]) -> None:
    connection.execute(_MARK, {"seqs": list(seqs)})


def _numbered(connection: sa.Connection, service: str, events: Sequence[Event]) -> list[Event]:
    counts = Counter(event.subject for event in events)
    traces = {event.subject: event.traceparent for event in events}
    advanced = connection.execute(
        _NEXT_AGGREGATE_SEQUENCES,
        {
            "subjects": list(counts),
            "counts": list(counts.values()),
            "traces": list(traces.values()),
        },
    ).all()
    sequences = {row.subject: row.sequence - counts[row.subject] for row in advanced}
    continued = {row.subject: row.traceparent for row in advanced}
    numbered = []
    for event in events:
        sequences[event.subject] += 1
        traceparent = tracing.emitted_by(service, event, continued[event.subject])
        numbered.append(replace(event, sequence=sequences[event.subject], traceparent=traceparent))
    return numbered


def _row(row: Any) -> OutboxRow:
    return OutboxRow(
        row.seq, row.event_id, row.type, row.routing_key, Message(row.headers, row.body.encode())
    )
