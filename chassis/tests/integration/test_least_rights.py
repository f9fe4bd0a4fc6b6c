"""Accounts with the least rights work on a broker whose topology somebody else declared."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from typing import Any

import pika
import pytest
from linli_chassis.messaging.topology import (
    EXCHANGE,
    STREAM,
    UNROUTED,
    queue_of,
    rights_of,
    topic_rights_of,
)
from linli_devkit.bus_environment import CONSUMER, Bus, declare_topology
from linli_devkit.client import DISTRICT
from linli_devkit.processes import eventually
from linli_devkit.rabbitmq import RabbitServer
from pika.exceptions import ChannelClosedByBroker

pytestmark = pytest.mark.broker
PRODUCER = "grid"


@pytest.fixture
def account(rabbit: RabbitServer, amqp_uri: str) -> Iterator[Callable[[str], str]]:
    """The AMQP URI of an account that has the rights of a service."""
    vhost, accounts = amqp_uri.rpartition("/")[2], []

    def make(service: str) -> str:
        name = f"{vhost}-{service}"
        rabbit.api("PUT", f"/users/{name}", {"password": "only for tests", "tags": ""})
        accounts.append(name)
        rabbit.api("PUT", f"/permissions/{vhost}/{name}", asdict(rights_of(service)))
        topics = asdict(topic_rights_of(service, DISTRICT))
        rabbit.api("PUT", f"/topic-permissions/{vhost}/{name}", topics)
        return f"amqp://{name}:only%20for%20tests@127.0.0.1:{rabbit.port}/{vhost}"

    yield make
    for name in accounts:
        rabbit.api("DELETE", f"/users/{name}")


@pytest.fixture
def bus(make_bus: Callable[..., Bus], account: Callable[[str], str]) -> Bus:
    """A producer and a consumer, each with its own account."""
    new_bus = make_bus(AMQP_URI=account(CONSUMER), LINLI_BROKER_DECLARE="false")
    new_bus.settings = replace(new_bus.settings, amqp_uri=account(PRODUCER))
    return new_bus


def test_events_get_through_where_nobody_may_declare(bus: Bus, amqp_uri: str) -> None:
    declare_topology(amqp_uri)
    with bus.relay(), bus.probe():
        bus.reject(200)
        assert len(bus.await_effects(200)) == 200


def test_a_relay_publishes_nothing_before_the_queues_of_all_stand(bus: Bus, amqp_uri: str) -> None:
    with bus.relay(), bus.probe():
        bus.reject(5)
        eventually(lambda: "NOT_FOUND" in (bus.folder / "probe.log").read_text())
        assert bus.count("SELECT count(*) FROM outbox WHERE published_at IS NULL", PRODUCER) == 5
        declare_topology(amqp_uri)
        assert len(bus.await_effects(5)) == 5


def test_a_consumer_binds_its_queue_anew_when_a_binding_was_lost(
    bus: Bus, rabbit: RabbitServer, amqp_uri: str
) -> None:
    declare_topology(amqp_uri)
    vhost, queue = amqp_uri.rpartition("/")[2], queue_of(CONSUMER)
    path = f"/bindings/{vhost}/e/{EXCHANGE}/q/{queue}"
    bindings = rabbit.api("GET", path)
    for binding in bindings:
        rabbit.api("DELETE", f"{path}/{binding['properties_key']}")
    with bus.relay(), bus.probe():
        eventually(lambda: len(rabbit.api("GET", path)) == len(bindings), seconds=60)
        bus.reject()
        assert len(bus.await_effects(1)) == 1


def publish(channel: Any, key: str) -> None:
    channel.confirm_delivery()
    channel.basic_publish(EXCHANGE, key, b"")


def test_an_account_may_publish_its_own_types(account: Callable[[str], str], amqp_uri: str) -> None:
    declare_topology(amqp_uri)
    connection = pika.BlockingConnection(pika.URLParameters(account(CONSUMER)))
    publish(connection.channel(), "110101.evaluation.scorecard_published.v1")
    connection.close()


REFUSED: dict[str, Callable[[Any], object]] = {
    "declare a queue": lambda channel: channel.queue_declare("linli.mine", durable=True),
    "declare an exchange": lambda channel: channel.exchange_declare("linli.mine", "topic"),
    "delete its own queue": lambda channel: channel.queue_delete(queue_of(CONSUMER)),
    "delete the exchange": lambda channel: channel.exchange_delete(EXCHANGE),
    "publish in the name of another service": lambda channel: publish(
        channel, "110101.grid.request_verified.v1"
    ),
    "publish in another district": lambda channel: publish(
        channel, "110102.evaluation.scorecard_published.v1"
    ),
    "bind its queue to what it does not subscribe": lambda channel: channel.queue_bind(
        queue_of(CONSUMER), EXCHANGE, "110101.#"
    ),
    "read another's queue": lambda channel: channel.basic_get(queue_of("service_desk")),
    "read what nobody wanted": lambda channel: channel.basic_get(UNROUTED),
    "publish into the stream": lambda channel: (
        channel.confirm_delivery(),
        channel.basic_publish("", STREAM, b""),
    ),
    "purge another's queue": lambda channel: channel.queue_purge(queue_of("service_desk")),
    "bind another's queue": lambda channel: channel.queue_bind(
        queue_of("service_desk"), EXCHANGE, "#"
    ),
    "publish past the exchange": lambda channel: (
        channel.confirm_delivery(),
        channel.basic_publish("", queue_of("service_desk"), b""),
    ),
}


@pytest.mark.parametrize("attempt", REFUSED)
def test_an_account_is_refused_what_it_does_not_need(
    attempt: str, account: Callable[[str], str], amqp_uri: str
) -> None:
    declare_topology(amqp_uri)
    connection = pika.BlockingConnection(pika.URLParameters(account(CONSUMER)))
    try:
        with pytest.raises(ChannelClosedByBroker) as refusal:
            REFUSED[attempt](connection.channel())
    finally:
        connection.close()
    assert refusal.value.reply_code == 403
