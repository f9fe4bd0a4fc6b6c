"""What operators ask of a service: its backlog, its events as they come, and to republish them.

Works on the database and the broker directly, so that it also works while the services do not.
Events that are stuck in an inbox are those of `dead_letters`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic, sleep
from typing import Any

import pika
import sqlalchemy as sa
from linli_contracts.envelope import Event, Message, UnreadableEvent, decode
from linli_contracts.registry import consumed_by

from linli_chassis.messaging import topology
from linli_chassis.messaging.amqp_connection import BROKER_ERRORS, parameters
from linli_chassis.messaging.outbox import channel_of as outbox_channel
from linli_chassis.messaging.publisher import BusUnavailable

_STATUS = """
    SELECT (SELECT count(*) FROM "{0}".outbox WHERE published_at IS NULL) AS outbox_pending,
           (SELECT extract(epoch FROM now() - min(created_at))
            FROM "{0}".outbox WHERE published_at IS NULL) AS outbox_oldest_seconds,
           due.count AS inbox_due, due.oldest_seconds AS inbox_due_oldest_seconds,
           due.late_seconds AS inbox_late_seconds,
           (SELECT count(*) FROM "{0}".inbox WHERE state = 'dead') AS inbox_dead
    FROM (SELECT count(*) AS count, extract(epoch FROM now() - min(received_at)) AS oldest_seconds,
                 greatest(0, extract(epoch FROM now() - min(next_attempt_at))) AS late_seconds
          FROM "{0}".inbox WHERE state = 'due') AS due"""

_PUBLISHED_SINCE = """
    SELECT type, count(*) AS count FROM "{0}".outbox
    WHERE published_at >= :since GROUP BY type ORDER BY type"""

_REPUBLISH = """
    WITH again AS (
        UPDATE "{0}".outbox SET published_at = NULL
        WHERE published_at >= :since AND type = ANY(:types) RETURNING seq)
    SELECT count(*), pg_notify(:channel, '') FROM again"""

_TAIL = """
    SELECT seq, headers, body FROM "{0}".outbox
    WHERE (seq > :seq OR seq = ANY(:missing)) AND (:since IS NULL OR created_at >= :since)
    ORDER BY seq LIMIT 500"""
_LATE_SECONDS = 60.0  # the longest a transaction may last from writing an event to its commit


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """How far a service is. `queue_depth` is None where there is no broker or no queue; ages are
    seconds.

    `inbox_due_oldest_seconds` counts from when an event was received, `inbox_late_seconds` from
    when it could have been handled.
    """

    service: str
    outbox_pending: int
    outbox_oldest_seconds: float | None
    inbox_due: int
    inbox_dead: int
    queue_depth: int | None
    inbox_due_oldest_seconds: float | None = None
    inbox_late_seconds: float | None = None

    @property
    def idle(self) -> bool:
        """Nothing is on its way to or from this service."""
        return not (self.outbox_pending or self.inbox_due or self.queue_depth)


@dataclass(slots=True)
class _Place:
    """How far an outbox was read, and the earlier numbers that may still be committed."""

    seq: int | None
    missing: dict[int, float] = field(default_factory=dict)

    def read(self, seq: int, now: float) -> None:
        self.missing.pop(seq, None)
        if self.seq is not None:
            self.missing |= dict.fromkeys(range(self.seq + 1, seq), now)
        self.seq = max(seq, self.seq or 0)

    def forget(self, now: float) -> None:
        """Numbers that nobody used after all: of a transaction that was rolled back."""
        self.missing = {
            seq: since for seq, since in self.missing.items() if now - since < _LATE_SECONDS
        }


def service_status(engine: sa.Engine, service: str, amqp_uri: str | None = None) -> ServiceStatus:
    """Count what waits.

    Raises `BusUnavailable`, or SQLAlchemy's error when the database is unavailable.
    """
    depth = (
        _queue_depth(amqp_uri, topology.queue_of(service))
        if amqp_uri and consumed_by(service)
        else None
    )
    with engine.connect() as connection:
        row = connection.execute(sa.text(_STATUS.format(service))).one()
    return ServiceStatus(
        service,
        row.outbox_pending,
        _seconds(row.outbox_oldest_seconds),
        row.inbox_due,
        row.inbox_dead,
        depth,
        _seconds(row.inbox_due_oldest_seconds),
        _seconds(row.inbox_late_seconds),
    )


def tail(
    engine: sa.Engine,
    services: Sequence[str],
    since: datetime | None = None,
    *,
    poll_seconds: float = 0.2,
) -> Iterator[Event]:
    """Follow the events of services, from `since` or from now on, without end.

    Unreadable ones are left out.
    """
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        places = {
            service: _Place(None if since else _last_seq(connection, service))
            for service in services
        }
        while True:
            events = [
                event
                for service, place in places.items()
                for event in _news(connection, service, place, since)
            ]
            yield from sorted(events, key=lambda event: event.id)
            if not events:
                sleep(poll_seconds)


def published_since(engine: sa.Engine, service: str, since: datetime) -> dict[str, int]:
    """How many events of each type a service published since then, as far as its outbox reaches."""
    with engine.connect() as connection:
        rows = connection.execute(sa.text(_PUBLISHED_SINCE.format(service)), {"since": since})
        return {kind: int(count) for kind, count in rows}


def republish(engine: sa.Engine, service: str, since: datetime, types: Collection[str]) -> int:
    """Let the relay publish again what it has published from `since` on; returns how many events
    that is.

    Consumers that have handled them skip them. They go out in their order, before new ones.
    """
    values = {"since": since, "types": list(types), "channel": outbox_channel(service)}
    with engine.begin() as connection:
        return int(connection.execute(sa.text(_REPUBLISH.format(service)), values).one()[0])


def unrouted(amqp_uri: str, limit: int) -> tuple[int, list[Message]]:
    """How many messages no queue was bound for, and the first of them; they stay in the queue.

    Raises `BusUnavailable`.
    """
    with _channel(amqp_uri) as channel:
        depth = int(channel.queue_declare(topology.UNROUTED, passive=True).method.message_count)
        messages: list[Message] = []
        while len(messages) < min(limit, depth):
            method, properties, body = channel.basic_get(topology.UNROUTED)
            if method is None:
                break
            headers = {
                name: value
                for name, value in (properties.headers or {}).items()
                if isinstance(value, str)
            }
            messages.append(Message(headers, body, properties.content_type or ""))
        return depth, messages  # unacknowledged, so they go back when the channel closes


def _news(
    connection: sa.Connection, service: str, place: _Place, since: datetime | None
) -> Iterator[Event]:
    now = monotonic()
    place.forget(now)
    values = {"seq": place.seq or 0, "missing": list(place.missing), "since": since}
    for row in connection.execute(sa.text(_TAIL.format(service)), values).all():
        place.read(row.seq, now)
        try:
            yield decode(Message(row.headers, row.body.encode()))
        except UnreadableEvent:
            continue


def _last_seq(connection: sa.Connection, service: str) -> int:
    last = sa.text(f'SELECT coalesce(max(seq), 0) FROM "{service}".outbox')  # noqa: S608  # ours
    return int(connection.execute(last).scalar_one())


def _seconds(value: Any) -> float | None:
    return None if value is None else float(value)


def _queue_depth(amqp_uri: str, queue: str) -> int:
    with _channel(amqp_uri) as channel:
        return int(channel.queue_declare(queue, passive=True).method.message_count)


@contextmanager
def _channel(amqp_uri: str) -> Iterator[Any]:
    try:
        connection = pika.BlockingConnection(parameters(amqp_uri, heartbeat_seconds=15))
        try:
            yield connection.channel()
        finally:
            connection.close()
    except BROKER_ERRORS as error:
        raise BusUnavailable(f"cannot ask the broker: {error!r}") from error
