"""The same flow over two services, on the chassis and on stock nameko."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any
from uuid import uuid4

import pika
from linli_chassis.messaging.topology import queue_of
from linli_contracts.events.organization.resources import ResourceWithdrawn
from linli_devkit.processes import eventually

from benchmarks.consume_inbox import await_effects, execute
from benchmarks.environment import EFFECT, BenchmarkDatabase, BenchmarkServers
from benchmarks.figures import Figure, compare
from benchmarks.fixtures import as_messages, events, publish, purge

_PARTS = "benchmarks.parts"
SERVICES = ("service_desk", "evaluation")
_STOCK_QUEUES = (
    "evt-organization-resource_withdrawn--service_desk.on_resource_withdrawn",
    "evt-service_desk-case_accepted--evaluation.on_case_accepted",
)
_TABLES = "effect, inbox, outbox, stream"


def nameko(servers: BenchmarkServers) -> list[Figure]:
    """Events per second from the first effect in the first service to the last in the second."""
    ours_count, stock_count = servers.count(6_000), servers.count(1_500)
    messages = as_messages(events(ResourceWithdrawn, ours_count))
    with servers.database(*SERVICES) as database, servers.vhost() as stock_uri:
        create_effects(database)
        stock = BenchmarkDatabase(database.database_url, stock_uri, database.folder)
        declare_stock(stock)
        figure = compare(
            "nameko",
            "two-service flow against stock nameko (event_handler, commit, dispatch with confirms)",
            "events/s",
            lambda: ours(database, messages),
            lambda: _stock(stock, stock_count),
            target=5.0,
            rounds=servers.rounds,
            notes={"events": ours_count, "events of nameko": stock_count},
        )
    return [figure]


def create_effects(database: BenchmarkDatabase) -> None:
    for schema in SERVICES:
        execute(database, EFFECT, schema)


def ours(database: BenchmarkDatabase, messages: list[Any]) -> float:
    clear(database)
    purge(database.amqp_uri)
    publish(database.amqp_uri, messages)
    with ExitStack() as stack:
        stack.enter_context(database.process("linli", "relay", "service_desk"))
        running = _start(stack, database, "platform_flow", [queue_of(name) for name in SERVICES])
        await_effects(database, len(messages), running, "evaluation")
    return rate(database, len(messages))


def _stock(database: BenchmarkDatabase, count: int) -> float:
    clear(database)
    with publishing(database) as channel:
        for _ in range(count):
            payload = {
                "id": str(uuid4()),
                "resource_id": str(uuid4()),
                "unit_id": str(uuid4()),
                "reason": "closed",
            }
            properties = pika.BasicProperties(
                content_type="application/json",
                content_encoding="utf-8",
                delivery_mode=pika.DeliveryMode.Persistent,
            )
            channel.basic_publish(
                "organization.events",
                "resource_withdrawn",
                json.dumps(payload).encode(),
                properties,
            )
    with ExitStack() as stack:
        running = _start(stack, database, "nameko_flow", _STOCK_QUEUES)
        await_effects(database, count, running, "evaluation")
    return rate(database, count)


def _start(stack: ExitStack, database: BenchmarkDatabase, part: str, queues: Sequence[str]) -> Any:
    """Start both, the first only once the second consumes; returns the second."""
    second = stack.enter_context(database.process(f"{_PARTS}.{part}", SERVICES[1]))
    eventually(lambda: consumers(database, queues[1]) == 1, seconds=120)
    stack.enter_context(database.process(f"{_PARTS}.{part}", SERVICES[0]))
    return second


def declare_stock(database: BenchmarkDatabase) -> None:
    """Let nameko itself declare its queues, so that they are there before the events are."""
    with ExitStack() as stack:
        _start(stack, database, "nameko_flow", _STOCK_QUEUES)
        eventually(lambda: consumers(database, _STOCK_QUEUES[0]) == 1, seconds=120)


def consumers(database: BenchmarkDatabase, queue: str) -> int:
    """How many consume a queue; 0 when it does not exist."""
    try:
        with publishing(database) as channel:
            return int(channel.queue_declare(queue, passive=True).method.consumer_count)
    except pika.exceptions.ChannelClosedByBroker:
        return 0


@contextmanager
def publishing(database: BenchmarkDatabase) -> Iterator[Any]:
    """A channel; on leaving the broker has all that was published."""
    connection = pika.BlockingConnection(pika.URLParameters(database.amqp_uri))
    try:
        channel = connection.channel()
        yield channel
        channel.confirm_delivery()
    finally:
        connection.close()


def clear(database: BenchmarkDatabase) -> None:
    for schema in SERVICES:
        execute(database, f"TRUNCATE {_TABLES}", schema)


def rate(database: BenchmarkDatabase, count: int) -> float:
    [(seconds,)] = execute(
        database,
        """SELECT extract(epoch FROM (SELECT max(at) FROM evaluation.effect)
                                  - (SELECT min(at) FROM service_desk.effect))""",
    )
    return count / float(seconds)
