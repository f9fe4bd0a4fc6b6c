"""The outbox: events written in the transaction of their change, until the relay published them.

The table `stream` counts the events of each aggregate, from which an event has its sequence.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from linli_contracts.envelope import Event, Message, message_of
from linli_contracts.registry import find

from linli_chassis.observability import tracing

WAKE_SECONDS = 0.1
"""How often a process wakes the relay of a service at most."""

# One statement numbers the events of all aggregates of a unit of work. Its row locks make a second
# writer of an aggregate wait for the first, so that the outbox keeps each aggregate's order.
_NEXT_AGGREGATE_SEQUENCES = sa.text("""
    INSERT INTO stream AS s (subject, sequence, traceparent)
    SELECT * FROM unnest(CAST(:subjects AS text[]), CAST(:counts AS bigint[]),
                         CAST(:traces AS text[])) AS t(subject, n, trace) ORDER BY subject
    ON CONFLICT (subject) DO UPDATE SET sequence = s.sequence + excluded.sequence,
                                        traceparent = coalesce(excluded.traceparent, s.traceparent)
    RETURNING subject, sequence, traceparent""")

_APPENDED = """appended AS (
        INSERT INTO outbox (event_id, type, routing_key, headers, body)
        SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:types AS text[]), CAST(:keys AS text[]),
                             CAST(:headers AS jsonb[]), CAST(:bodies AS text[])) {condition})"""
_NOTIFY = "CASE WHEN :wakes THEN pg_notify(:channel, '') END"

_APPEND = sa.text(f"WITH {_APPENDED.format(condition='')} SELECT {_NOTIFY}")

# Number and write the first events of aggregates in one statement; if one of them has had events,
# nothing is written, and those that begin now are numbered all the same.
_BEGIN = sa.text(f"""
    WITH begun AS (
        INSERT INTO stream (subject, sequence, traceparent)
        SELECT * FROM unnest(CAST(:subjects AS text[]), CAST(:counts AS bigint[]),
                             CAST(:traces AS text[])) AS t(subject, n, trace) ORDER BY subject
        ON CONFLICT (subject) DO NOTHING RETURNING subject),
    {_APPENDED.format(condition="WHERE (SELECT count(*) FROM begun) = cardinality(:subjects)")}
    SELECT ARRAY(SELECT subject FROM begun), {_NOTIFY}""")  # noqa: S608  # constants of ours

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


class Outbox:
    """Writes the events of one service, in the transaction of their change.

    It wakes the relay, but not by each commit: PostgreSQL puts all commits that notify in a row,
    those of all databases of a cluster. A relay that was busy a second ago looks by itself.
    """

    def __init__(self, service: str) -> None:
        self.service = service
        self._woken_at = float("-inf")
        # Types whose last event was the first of its aggregate, as the next one may be.
        self._beginning: set[str] = set()

    def append(self, connection: sa.Connection, pending: Sequence[tuple[Event, bytes]]) -> None:
        """Number events within their aggregates and write them, in one statement where they are
        the first of theirs, else in three at most.

        Args:
            pending: events without their number, each with its body from `encode_data`.
        """
        numbers = _Numbers([event for event, _ in pending])
        if self._beginning.issuperset(numbers.first_types.values()):
            values = {**numbers.values(), **self._rows(pending, numbers)}
            numbers.begun = set(connection.execute(_BEGIN, values).scalar_one())
            if len(numbers.begun) == len(numbers.counts):
                return
        numbers.advance(connection)
        for subject, event_type in numbers.first_types.items():
            change = self._beginning.discard if numbers.before[subject] else self._beginning.add
            change(event_type)
        connection.execute(_APPEND, self._rows(pending, numbers))

    def _rows(self, pending: Sequence[tuple[Event, bytes]], numbers: _Numbers) -> dict[str, Any]:
        events = numbers.numbered(self.service)
        messages = [
            message_of(event, body) for event, (_, body) in zip(events, pending, strict=True)
        ]
        return {
            "ids": [str(event.id) for event in events],
            "types": [event.type for event in events],
            "keys": [find(event.type).routing_key(event.district) for event in events],
            "headers": [json.dumps(dict(message.headers)) for message in messages],
            "bodies": [message.body.decode() for message in messages],
            "wakes": self._wakes(),
            "channel": channel_of(self.service),
        }

    def _wakes(self) -> bool:
        """Whether this commit is to wake the relay. If it is rolled back, or comes late, others
        wait for the relay's next look.
        """
        now = monotonic()
        if now - self._woken_at < WAKE_SECONDS:
            return False
        self._woken_at = now
        return True


def pending(connection: sa.Connection, limit: int) -> list[OutboxRow]:
    """The oldest unpublished rows, in the order of `seq`."""
    return [_row(row) for row in connection.execute(_PENDING, {"limit": limit})]


def mark_published(connection: sa.Connection, seqs: Sequence[int]) -> None:
    connection.execute(_MARK, {"seqs": list(seqs)})


class _Numbers:
    """Numbers events within their aggregates."""

    def __init__(self, events: Sequence[Event]) -> None:
        self._events = events
        self.counts = Counter(event.subject for event in events)
        self._traces = {event.subject: event.traceparent for event in events}
        self.first_types = {event.subject: event.type for event in reversed(events)}
        self.begun: set[str] = set()
        """Aggregates that have their numbers from `_BEGIN`."""
        self.before: dict[str, int] = {}
        """How many events an aggregate had before these, if any."""

    def values(self) -> dict[str, Any]:
        """Subjects, counts and traces of the aggregates that have no numbers yet."""
        subjects = [subject for subject in self.counts if subject not in self.begun]
        return {
            "subjects": subjects,
            "counts": [self.counts[subject] for subject in subjects],
            "traces": [self._traces[subject] for subject in subjects],
        }

    def advance(self, connection: sa.Connection) -> None:
        self.before = dict.fromkeys(self.begun, 0)
        for row in connection.execute(_NEXT_AGGREGATE_SEQUENCES, self.values()):
            self.before[row.subject] = row.sequence - self.counts[row.subject]
            self._traces[row.subject] = row.traceparent

    def numbered(self, service: str) -> list[Event]:
        last = Counter(self.before)
        numbered = []
        for event in self._events:
            last[event.subject] += 1
            traceparent = tracing.emitted_by(service, event, self._traces[event.subject])
            numbered.append(replace(event, sequence=last[event.subject], traceparent=traceparent))
        return numbered


def _row(row: Any) -> OutboxRow:
    return OutboxRow(
        row.seq, row.event_id, row.type, row.routing_key, Message(row.headers, row.body.encode())
    )
