"""What stands on the broker of a district: exchanges, queues and bindings, as data.

Every relay and every consumer declares the exchanges, the stream, and the queues of the services
that are installed beside it, before it publishes or consumes. An event that is published before the
queue of a subscriber exists stands in the stream, from which the relay of that service recovers it.
Where the broker has its topology from a file of definitions instead, accounts need no right to
declare, and each process checks that it is there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from linli_contracts.manifest import api_services
from linli_contracts.registry import consumed_by

EXCHANGE = "linli.events"
UNROUTED = "linli.unrouted"
STREAM = "linli.log"
"""The stream queue that keeps all events for a week."""

NOTHING = "^$"
"""No name at all, in `Rights`."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A durable exchange."""

    name: str
    type: str
    arguments: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Queue:
    """A durable queue and the keys by which it is bound to one exchange.

    `unrouted` binds it to what no other queue is bound for as well.
    """

    name: str
    exchange: str
    keys: tuple[str, ...]
    arguments: dict[str, Any]
    unrouted: bool = False

    @property
    def bindings(self) -> list[tuple[str, str]]:
        """The exchange and the key of each binding."""
        return [(self.exchange, key) for key in self.keys] + [(UNROUTED, "")] * self.unrouted


@dataclass(frozen=True, slots=True)
class Rights:
    """What an account may do in the virtual host of a district.

    Regular expressions of names, as RabbitMQ has them.
    """

    configure: str
    write: str
    read: str


# RabbitMQ 4 drops what a quorum queue delivered 20 times in vain, as to a service that is killed
# again and again. Older ones take no negative limit for none.
_QUORUM: dict[str, Any] = {"x-queue-type": "quorum", "x-delivery-limit": 2_000_000_000}

EXCHANGES = (
    Exchange(UNROUTED, "fanout"),
    Exchange(EXCHANGE, "topic", {"alternate-exchange": UNROUTED}),
)


class Channel(Protocol):
    """What pika's and py-amqp's channels have in common."""

    def exchange_declare(self, exchange: str, exchange_type: str, **more: Any) -> Any: ...
    def queue_declare(self, queue: str, **more: Any) -> Any: ...
    def queue_bind(self, queue: str, exchange: str, routing_key: str) -> Any: ...


def queue_of(service: str) -> str:
    return f"linli.{service}"


def queues(district: str) -> Iterator[Queue]:
    """The stream, the quorum queue of each installed service, and what nobody subscribes.

    The stream comes first, and takes what nobody is bound for: while an exchange that was deleted
    gets its bindings back, events that others publish are in the stream at least, where relays find
    them.
    """
    yield Queue(
        STREAM, EXCHANGE, ("#",), {"x-queue-type": "stream", "x-max-age": "7D"}, unrouted=True
    )
    for service in api_services():
        keys = tuple(entry.routing_key(district) for entry in consumed_by(service))
        if keys:
            yield Queue(queue_of(service), EXCHANGE, keys, _QUORUM)
    yield Queue(UNROUTED, UNROUTED, ("",), _QUORUM)


def declare(channel: Channel, district: str) -> None:
    """Declare all of it; what stands already stays as it is.

    Raises the client library's channel error, where its channel waits for replies.
    """
    for exchange in EXCHANGES:
        channel.exchange_declare(
            exchange.name,
            exchange.type,
            durable=True,
            auto_delete=False,
            arguments=exchange.arguments,
        )
    for queue in queues(district):
        channel.queue_declare(
            queue.name, durable=True, auto_delete=False, arguments=queue.arguments
        )
        for exchange_name, key in queue.bindings:
            channel.queue_bind(queue.name, exchange_name, key)


def check(channel: Channel, district: str, service: str) -> None:
    """Check that all of it stands, and bind the queue of `service` anew, which needs no right to
    declare.

    Raises the client library's channel error, where its channel waits for replies: 404 says what is
    missing. That other queues are bound cannot be seen.
    """
    for exchange in EXCHANGES:
        channel.exchange_declare(exchange.name, exchange.type, passive=True)
    for queue in queues(district):
        channel.queue_declare(queue.name, passive=True)
        if queue.name == queue_of(service):
            for key in queue.keys:
                channel.queue_bind(queue.name, queue.exchange, key)


def rights_of(service: str) -> Rights:
    """The least that a service and its relay can do with where they need not declare.

    Publish, consume, bind, and read in the stream what a queue has lost.
    """
    own = [queue_of(service)] if consumed_by(service) else []
    return Rights(
        configure=NOTHING,
        write=only(EXCHANGE, *own),
        read=only(EXCHANGE, STREAM, *own) if own else NOTHING,
    )


def only(*names: str) -> str:
    """The pattern of a permission for these names and no others."""
    return f"^({'|'.join(re.escape(name) for name in names)})$"
