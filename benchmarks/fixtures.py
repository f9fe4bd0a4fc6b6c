"""Events to measure with, put into an outbox or a queue before the clock starts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from time import perf_counter
from uuid import UUID, uuid4

import pika
import sqlalchemy as sa
from linli_chassis.messaging.outbox import Outbox
from linli_chassis.messaging.topology import EXCHANGE, queue_of
from linli_chassis.storage.database import create_engine
from linli_contracts.envelope import Event, Message, encode, encode_data
from linli_contracts.manifest import api_services
from linli_contracts.registry import find
from linli_contracts.schema import EventData
from linli_devkit.contracts.examples import example_event

from benchmarks.environment import BenchmarkDatabase

_COLUMNS = "event_id, type, routing_key, headers, body"


def events(schema: type[EventData], count: int) -> list[Event]:
    """Events of one type, each of an aggregate of its own."""
    return [_with_subject(example_event(schema), uuid4()) for _ in range(count)]


def _with_subject(event: Event, subject: UUID) -> Event:
    key = find(event.type).key
    return replace(
        event, subject=str(subject), correlation_id=str(subject), data={**event.data, key: subject}
    )


class OutboxFill:
    """The same rows put into an outbox before each measurement."""

    def __init__(
        self, database: BenchmarkDatabase, schema: str, pending_events: Sequence[Event]
    ) -> None:
        self._database = database
        self._engine = create_engine(database.database_url, schema, pool_size=1)
        with self._engine.begin() as connection:
            Outbox(schema).append(
                connection, [(event, encode_data(event)) for event in pending_events]
            )
            connection.execute(
                sa.text(f"CREATE TABLE outbox_full AS SELECT seq, {_COLUMNS} FROM outbox")  # noqa: S608
            )

    def timed(self, work: Callable[[], None]) -> float:
        """Fill the outbox, empty the queues, and the seconds that `work` takes."""
        with self._engine.begin() as connection:
            connection.execute(sa.text("TRUNCATE outbox"))
            fill = f"INSERT INTO outbox ({_COLUMNS}) SELECT {_COLUMNS} FROM outbox_full"  # noqa: S608
            connection.execute(sa.text(f"{fill} ORDER BY seq"))
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.text("VACUUM ANALYZE outbox"))
            connection.execute(sa.text("CHECKPOINT"))
        purge(self._database.amqp_uri)
        began = perf_counter()
        work()
        return perf_counter() - began

    def close(self) -> None:
        self._engine.dispose()


def purge(amqp_uri: str) -> None:
    """Empty the queues of all services."""
    connection = pika.BlockingConnection(pika.URLParameters(amqp_uri))
    channel = connection.channel()
    for service in api_services():
        try:
            channel.queue_purge(queue_of(service))
        except (
            pika.exceptions.ChannelClosedByBroker
        ):  # a service that subscribes nothing has no queue
            channel = connection.channel()
    connection.close()


def as_messages(pending_events: Sequence[Event]) -> list[tuple[str, bytes, pika.BasicProperties]]:
    """Events as the relay would publish them: routing key, body, properties."""
    return [_as_message(event, encode(event)) for event in pending_events]


def publish(amqp_uri: str, messages: Sequence[tuple[str, bytes, pika.BasicProperties]]) -> None:
    """Put messages on the exchange, and return when the broker has them all."""
    connection = pika.BlockingConnection(pika.URLParameters(amqp_uri))
    channel = connection.channel()
    for routing_key, body, properties in messages:
        channel.basic_publish(EXCHANGE, routing_key, body, properties)
    channel.confirm_delivery()
    connection.close()


def _as_message(event: Event, message: Message) -> tuple[str, bytes, pika.BasicProperties]:
    properties = pika.BasicProperties(
        content_type=message.content_type,
        headers=dict(message.headers),
        delivery_mode=pika.DeliveryMode.Persistent,
        message_id=str(event.id),
        type=event.type,
    )
    return find(event.type).routing_key(event.district), message.body, properties
