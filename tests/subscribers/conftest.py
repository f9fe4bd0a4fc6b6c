"""A district's broker as relays leave it, events published there, and their subscribers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pika
import pytest
from linli_chassis.messaging.topology import EXCHANGE, declare
from linli_client.events import Quarantined, Subscriber
from linli_contracts.envelope import Event, Message, encode
from linli_contracts.events.evaluation.scorecards import ScorecardPublished
from linli_contracts.events.grid.requests import RequestRejected
from linli_contracts.events.service_desk.cases import CaseClosed
from linli_contracts.registry import find
from linli_devkit.contracts.examples import example_event
from linli_devkit.processes import eventually
from linli_devkit.rabbitmq import RabbitServer

DISTRICT = "110101"


@dataclass
class Following:
    """A subscriber in a thread, and what came to it."""

    subscriber: Subscriber
    events: list[Event] = field(default_factory=list)
    failure: BaseException | None = None
    thread: threading.Thread | None = None

    @property
    def ids(self) -> list[UUID]:
        return [event.id for event in self.events]

    def await_ids(self, *events: Event, seconds: float = 30) -> None:
        """Wait until exactly these came, in this order."""
        wanted = [event.id for event in events]
        with suppress(AssertionError):
            eventually(lambda: self.failure or self.ids == wanted, seconds=seconds)
        assert self.failure is None, self.failure
        assert self.ids == wanted


@dataclass
class Broker:
    """The virtual host of a district, with all that relays declare in it."""

    server: RabbitServer
    amqp_uri: str
    folder: Path

    @property
    def vhost(self) -> str:
        return self.amqp_uri.rpartition("/")[2]

    @contextmanager
    def channel(self, amqp_uri: str | None = None) -> Iterator[Any]:
        connection = pika.BlockingConnection(pika.URLParameters(amqp_uri or self.amqp_uri))
        try:
            yield connection.channel()
        finally:
            if connection.is_open:
                connection.close()

    def publish(self, *events: Event) -> None:
        """Publish as a relay does: confirmed, so each is in the queues and the stream then."""
        with self._publishing() as channel:
            for event in events:
                _publish(channel, encode(event), find(event.type).routing_key(event.district))

    def publish_message(self, message: Message, routing_key: str) -> None:
        with self._publishing() as channel:
            _publish(channel, message, routing_key)

    @contextmanager
    def _publishing(self) -> Iterator[Any]:
        with self.channel() as channel:
            # As relays do: RabbitMQ 3.10 confirms what it cannot write into a stream that has not
            # started yet.
            declare(channel, DISTRICT)
            channel.confirm_delivery()
            yield channel

    def subscriber(self, name: str, amqp_uri: str | None = None, **more: Any) -> Subscriber:
        more = {"folder": self.folder, "retry_seconds": (0.05, 0.05), **more}
        return Subscriber(amqp_uri or self.amqp_uri, DISTRICT, name, **more)

    @contextmanager
    def following(
        self,
        name: str,
        types: Any = "*",
        *,
        since: Any = None,
        handler: Callable[[Event], object] | None = None,
        amqp_uri: str | None = None,
        **more: Any,
    ) -> Iterator[Following]:
        """Follow in a thread until leaving; live events only once the queue stands and is bound."""
        following = Following(self.subscriber(name, amqp_uri, **more))

        def take(event: Event) -> None:
            if handler is not None:
                handler(event)
            following.events.append(event)

        def run() -> None:
            try:
                following.subscriber.subscribe(types, take, since)
            except BaseException as error:  # reported to the test
                following.failure = error

        following.thread = threading.Thread(target=run)
        following.thread.start()
        try:
            if since is None:
                eventually(lambda: following.failure or self.consumers(f"linli.subscriber.{name}"))
            yield following
        finally:
            following.subscriber.stop()
            following.thread.join(30)
            assert not following.thread.is_alive()

    def stands(self) -> bool:
        """Whether all queues have started."""
        try:
            with self.channel() as channel:
                declare(channel, DISTRICT)
        except pika.exceptions.AMQPError:
            return False
        return True

    def consumers(self, queue: str) -> int:
        with self.channel() as channel:
            try:
                return int(channel.queue_declare(queue, passive=True).method.consumer_count)
            except pika.exceptions.ChannelClosedByBroker:
                return 0

    def waiting(self, queue: str) -> int:
        with self.channel() as channel:
            return int(channel.queue_declare(queue, passive=True).method.message_count)

    def connections(self, name: str) -> list[dict[str, Any]]:
        """The connections of a subscriber, as the management API lists them after a while."""
        title = f"linli subscriber {name}"
        connections = self.server.api("GET", "/connections")
        return [
            one
            for one in connections
            if one.get("client_properties", {}).get("connection_name") == title
        ]


def _publish(channel: Any, message: Message, routing_key: str) -> None:
    properties = pika.BasicProperties(
        content_type=message.content_type, headers=dict(message.headers), delivery_mode=2
    )
    channel.basic_publish(EXCHANGE, routing_key, message.body, properties, mandatory=True)


@pytest.fixture
def broker(rabbit: RabbitServer, amqp_uri: str, tmp_path: Path) -> Broker:
    new_broker = Broker(rabbit, amqp_uri, tmp_path)
    with new_broker.channel() as channel:
        declare(channel, DISTRICT)
    return new_broker


@pytest.fixture
def quarantined() -> list[Quarantined]:
    """What was set aside by subscribers made with `quarantine=quarantined.append`."""
    return []


def closed(**more: Any) -> Event:
    return example_event(CaseClosed, **{"case_id": uuid4(), **more})


def scorecard(**more: Any) -> Event:
    return example_event(ScorecardPublished, **more)


def rejected(**more: Any) -> Event:
    return example_event(RequestRejected, **{"request_id": uuid4(), **more})
