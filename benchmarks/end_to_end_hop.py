"""One hop, one event at a time in one process: committed, published, received, committed."""

from __future__ import annotations

from time import perf_counter
from typing import Any

import sqlalchemy as sa
from linli_chassis.messaging.inbox import Inbox
from linli_chassis.messaging.topology import EXCHANGE, queue_of
from linli_chassis.process.runtime import Runtime, relay_of
from linli_chassis.settings import Settings
from linli_chassis.storage.unit_of_work import UnitOfWork
from linli_contracts.envelope import Event, Message, encode
from linli_contracts.events.grid.requests import RequestVerified
from uuid_utils import uuid7

from benchmarks import raw_amqp as raw
from benchmarks.environment import EFFECT, BenchmarkDatabase, BenchmarkServers
from benchmarks.figures import Figure, compare
from benchmarks.fixtures import events, purge

_KEY = "110101.grid.request_verified.v1"
_TAKE_EFFECT = sa.text("INSERT INTO effect (event_id, subject) VALUES (:event_id, :subject)")
_TAKE_EFFECT_RAW = "INSERT INTO effect (event_id, subject) VALUES (%s, %s)"
_APPEND = (
    "INSERT INTO outbox (event_id, type, routing_key, headers, body) VALUES (%s, %s, %s, %s, %s)"
)
_PENDING = (
    "SELECT seq, event_id, type, routing_key, headers, body FROM outbox "
    "WHERE published_at IS NULL ORDER BY seq"
)
_MARK = "UPDATE outbox SET published_at = clock_timestamp() WHERE seq = %s"
_CLAIM = "INSERT INTO inbox (event_id, type, state, handled_at) VALUES (%s, %s, 'handled', now())"


def hop(servers: BenchmarkServers) -> list[Figure]:
    """Send events from one service to another, each only when the one before it has arrived."""
    sent_events = events(RequestVerified, servers.count(300))
    with servers.database("grid", "service_desk") as database:
        _prepare(database)
        ours, by_hand = _Ours(database), _ByHand(database)

        def rate(variant: _Ours | _ByHand) -> float:
            purge(database.amqp_uri)
            feed = raw.RawFeed(database.amqp_uri, queue_of("service_desk"), 1)
            began = perf_counter()
            for event in sent_events:
                variant.send(event)
                [message] = feed.collect(1)
                variant.take(message)
                feed.acknowledge(message)
            seconds = perf_counter() - began
            feed.close()
            return len(sent_events) / seconds

        figure = compare(
            "hop",
            "one event at a time: committed, published, taken in, committed",
            "events/s",
            lambda: rate(ours),
            lambda: rate(by_hand),
            target=0.7,
            rounds=servers.rounds,
            notes={"events": len(sent_events)},
        )
        ours.close()
        by_hand.close()
    return [figure]


def _prepare(database: BenchmarkDatabase) -> None:
    for schema in ("grid", "service_desk"):
        with database.connect(schema) as connection, connection.cursor() as cursor:
            cursor.execute(EFFECT)
        connection.close()


class _Ours:
    """A unit of work, the relay, and the inbox with a handler."""

    def __init__(self, database: BenchmarkDatabase) -> None:
        settings = Settings.load(database.environ)
        self._producer = Runtime.of("grid", settings)
        self._consumer = Runtime.of("service_desk", settings)
        self._relay = relay_of("grid", settings)
        self._connection = self._relay._engine.connect().execution_options(
            isolation_level="AUTOCOMMIT"
        )
        self._inbox = Inbox(
            self._consumer.unit_of_work, {RequestVerified.event_type.name: self._handle}
        )

    def send(self, event: Event) -> None:
        with self._producer.unit_of_work() as uow:
            uow.connection.execute(
                _TAKE_EFFECT, {"event_id": str(uuid7()), "subject": event.subject}
            )
            uow.emit(RequestVerified(**event.data))
        self._relay.publish_batch(self._connection)

    def take(self, message: Any) -> None:
        self._inbox.receive([Message(message.headers, message.body, message.content_type)])

    def close(self) -> None:
        self._relay._publisher.close()
        self._connection.close()
        self._producer.engine.dispose()
        self._consumer.engine.dispose()

    @staticmethod
    def _handle(uow: UnitOfWork, events: list[Event]) -> None:
        uow.connection.execute(
            _TAKE_EFFECT, [{"event_id": event.id, "subject": event.subject} for event in events]
        )


class _ByHand:
    """The same rows and message, without sequences, checks, retries or dead letters."""

    def __init__(self, database: BenchmarkDatabase) -> None:
        self._producer = database.connect("grid")
        self._relay = database.connect("grid")
        self._relay.autocommit = True
        self._consumer = database.connect("service_desk")
        self._publisher = raw.RawPublisher(database.amqp_uri, EXCHANGE)

    def send(self, event: Event) -> None:
        message = encode(event)
        headers, body = (
            raw.as_json({**message.headers, "ce-id": (new := str(uuid7()))}),
            message.body.decode(),
        )
        with self._producer, self._producer.cursor() as cursor:
            cursor.execute(_TAKE_EFFECT_RAW, (str(uuid7()), event.subject))
            cursor.execute(_APPEND, (new, event.type, _KEY, headers, body))
        with self._relay.cursor() as cursor:
            cursor.execute(_PENDING)
            rows = cursor.fetchall()
            self._publisher.publish(rows)
            cursor.execute(_MARK, (rows[0][0],))

    def take(self, message: Any) -> None:
        headers = message.headers
        with self._consumer, self._consumer.cursor() as cursor:
            cursor.execute(_CLAIM, (headers["ce-id"], headers["ce-type"]))
            cursor.execute(_TAKE_EFFECT_RAW, (headers["ce-id"], headers["ce-subject"]))

    def close(self) -> None:
        self._publisher.close()
        for connection in (self._producer, self._relay, self._consumer):
            connection.close()
