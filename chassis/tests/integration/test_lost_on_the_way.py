"""What a queue loses is found in the log, by the relay of the service whose queue it is."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from linli_chassis.messaging.topology import EXCHANGE, STREAM, queue_of
from linli_chassis.process.runtime import relay_of
from linli_devkit.bus_environment import CONSUMER, Bus
from linli_devkit.processes import eventually
from linli_devkit.rabbitmq import RabbitServer

pytestmark = pytest.mark.broker


@pytest.fixture
def bus(make_bus: Callable[..., Bus], amqp_uri: str) -> Bus:
    return make_bus(AMQP_URI=amqp_uri)


@contextmanager
def relay_of_the_consumer(bus: Bus) -> Iterator[None]:
    relay = relay_of(CONSUMER, bus.settings)
    thread = threading.Thread(target=relay.run)
    thread.start()
    try:
        yield
    finally:
        relay.stop()
        thread.join(10)
        assert not thread.is_alive()


LOSSES = {
    "deleted": "/queues/{vhost}/{queue}",
    "purged": "/queues/{vhost}/{queue}/contents",
    "unbound": "/bindings/{vhost}/e/{exchange}/q/{queue}/{key}",
}


@pytest.mark.parametrize("loss", LOSSES)
def test_events_arrive_once_though_their_queue_was(
    bus: Bus, rabbit: RabbitServer, amqp_uri: str, loss: str
) -> None:
    vhost, queue = amqp_uri.rpartition("/")[2], queue_of(CONSUMER)
    key = "110101.grid.request_rejected.v1"
    with bus.relay():
        bus.reject(20)
        eventually(
            lambda: bus.count("SELECT count(*) FROM outbox WHERE published_at IS NULL", "grid") == 0
        )
        rabbit.api(
            "DELETE", LOSSES[loss].format(vhost=vhost, queue=queue, exchange=EXCHANGE, key=key)
        )
        bus.reject(20)
        with relay_of_the_consumer(bus), bus.probe():
            bus.await_effects(40)
            bus.reject(5)
            effects = bus.await_effects(45)
    assert len(effects) == len({effect.event_id for effect in effects}) == 45


DELETED = {
    "exchange": f"/exchanges/{{vhost}}/{EXCHANGE}",
    "queue": f"/queues/{{vhost}}/{queue_of(CONSUMER)}",
    "stream": f"/queues/{{vhost}}/{STREAM}",
}
UNBOUND = {"queue": queue_of(CONSUMER), "stream": STREAM}


def bindings(rabbit: RabbitServer, vhost: str) -> set[tuple[str, str, str]]:
    return {
        (one["source"], one["destination"], one["routing_key"])
        for one in rabbit.api("GET", f"/bindings/{vhost}")
    }


def declared_again(bus: Bus, rabbit: RabbitServer, vhost: str, delete: Callable[[], None]) -> None:
    """Everything stands again soon after it was deleted, and no event was lost or doubled."""
    emitted = 5
    with bus.relay(), relay_of_the_consumer(bus), bus.probe():
        bus.reject(emitted)
        bus.await_effects(emitted)
        before = bindings(rabbit, vhost)
        delete()

        def stands_again() -> bool:
            nonlocal emitted
            emitted += len(bus.reject())
            return bindings(rabbit, vhost) == before

        eventually(stands_again, seconds=30, every=0.5)
        effects = bus.await_effects(emitted)
    assert len(effects) == len({effect.event_id for effect in effects}) == emitted


@pytest.mark.parametrize("what", DELETED)
def test_what_is_deleted_while_all_run_is_declared_again(
    bus: Bus, rabbit: RabbitServer, amqp_uri: str, what: str
) -> None:
    vhost = amqp_uri.rpartition("/")[2]
    path = DELETED[what].format(vhost=vhost)
    declared_again(bus, rabbit, vhost, lambda: rabbit.api("DELETE", path))


@pytest.mark.parametrize("what", UNBOUND)
def test_bindings_that_are_deleted_while_all_run_are_declared_again(
    bus: Bus, rabbit: RabbitServer, amqp_uri: str, what: str
) -> None:
    vhost = amqp_uri.rpartition("/")[2]
    path = f"/bindings/{vhost}/e/{EXCHANGE}/q/{UNBOUND[what]}"

    def unbind() -> None:
        for binding in rabbit.api("GET", path):
            rabbit.api("DELETE", f"{path}/{binding['properties_key']}")

    declared_again(bus, rabbit, vhost, unbind)
