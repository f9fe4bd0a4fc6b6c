"""The broker stops, dies, is alarmed or is emptied: writes go on, and nothing is lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from typing import Any

import pika
import pytest
from linli_chassis.messaging.topology import EXCHANGE, STREAM, queue_of
from linli_contracts.manifest import api_services
from linli_devkit.processes import eventually

from .environment import FaultEnvironment

pytestmark = pytest.mark.faults


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_while_the_broker_is_away_writes_go_on(environment: FaultEnvironment, end: str) -> None:
    with environment.trial(
        {"stop": "broker stopped", "kill": "broker killed"}[end], events_within=60, answers_within=5
    ) as trial:
        getattr(environment.broker, end)()
        try:
            trial.passed(15)
        finally:
            environment.broker.start()
        trial.healed()
        trial.passed(5)
    assert trial.load.failures.total() == 0


def test_connections_closed_by_an_operator_are_opened_again(environment: FaultEnvironment) -> None:
    with environment.trial(
        "broker closes all connections", events_within=30, answers_within=5
    ) as trial:
        for _ in range(3):
            eventually(lambda: close_connections(environment), seconds=60, every=0.5)
            trial.passed(5)
        trial.healed()
    assert trial.load.failures.total() == 0


def close_connections(environment: FaultEnvironment) -> int:
    """Close the platform's connections that the API lists (seconds late); how many."""
    closed = 0
    for connection in environment.broker.api("GET", f"/vhosts/{environment.vhost}/connections"):
        with suppress(OSError):  # gone by itself meanwhile
            environment.broker.api("DELETE", f"/connections/{connection['name']}")
            closed += 1
    return closed


@pytest.mark.parametrize("loss", ["deleted", "purged"])
def test_events_in_a_queue_that_is_lost_arrive_all_the_same(
    environment: FaultEnvironment, loss: str
) -> None:
    name = queue_of("evaluation")
    with environment.trial(
        f"queue {loss} with events in it", events_within=60, answers_within=5
    ) as trial:
        with environment.frozen("evaluation"):
            trial.passed(10)
            eventually(
                lambda: queue(environment, name).get("messages_ready", 0) > 0, seconds=30, every=0.1
            )
            environment.broker.api(
                "DELETE",
                f"/queues/{environment.vhost}/{name}" + ("/contents" if loss == "purged" else ""),
            )
        trial.healed()
        trial.passed(5)
        eventually(lambda: queue(environment, name).get("consumers") == 1, every=0.1)
    assert "events taken from the log" in trial.said("evaluation relay")
    assert trial.load.failures.total() == 0


def queue(environment: FaultEnvironment, name: str) -> dict[str, Any]:
    """The API's data of a queue; empty while it is not there or unknown to the API."""
    with suppress(OSError):
        return next(
            (
                each
                for each in environment.broker.api("GET", f"/queues/{environment.vhost}")
                if each["name"] == name
            ),
            {},
        )
    return {}


@pytest.mark.parametrize("destination", [queue_of("evaluation"), STREAM])
def test_bindings_that_were_deleted_come_back_by_themselves(
    environment: FaultEnvironment, destination: str
) -> None:
    path = f"/bindings/{environment.vhost}/e/{EXCHANGE}/q/{destination}"
    before = environment.broker.api("GET", path)
    with environment.trial(
        f"bindings of {destination} deleted", events_within=40, answers_within=5
    ) as trial:
        for binding in before:
            environment.broker.api("DELETE", f"{path}/{binding['properties_key']}")
        trial.healed()
        trial.passed(5)
        eventually(
            lambda: len(environment.broker.api("GET", path)) == len(before), seconds=60, every=0.2
        )
    assert trial.load.failures.total() == 0


def test_an_exchange_that_was_deleted_comes_back_by_itself(environment: FaultEnvironment) -> None:
    with environment.trial(
        "exchange deleted, three times", events_within=60, answers_within=5
    ) as trial:
        for _ in range(3):
            environment.broker.api("DELETE", f"/exchanges/{environment.vhost}/{EXCHANGE}")
            trial.passed(10)
            eventually(lambda: exchange_stands(environment), seconds=30, every=0.2)
        trial.healed()
    assert trial.load.failures.total() == 0


def exchange_stands(environment: FaultEnvironment) -> bool:
    return any(
        each["name"] == EXCHANGE
        for each in environment.broker.api("GET", f"/exchanges/{environment.vhost}")
    )


def test_a_log_that_was_deleted_comes_back_by_itself(environment: FaultEnvironment) -> None:
    with environment.trial("log deleted", events_within=20, answers_within=5) as trial:
        environment.broker.api("DELETE", f"/queues/{environment.vhost}/{STREAM}")
        trial.healed()
        trial.passed(10)
        eventually(lambda: queue(environment, STREAM), seconds=60, every=0.2)
    assert trial.load.failures.total() == 0


ALARMS = {
    "memory": (
        ("set_vm_memory_high_watermark", "absolute", "1MB"),
        ("set_vm_memory_high_watermark", "0.4"),
    ),
    "disk": (("set_disk_free_limit", "900000GB"), ("set_disk_free_limit", "50MB")),
}


@pytest.mark.parametrize("kind", ALARMS)
def test_a_broker_that_takes_nothing_more_holds_no_client_up(
    environment: FaultEnvironment, kind: str
) -> None:
    alarm, calm = ALARMS[kind]
    with environment.trial(
        f"broker's {kind} alarm", crashes=["grid relay"], events_within=60, answers_within=5
    ) as trial:
        environment.broker.ctl(*alarm)
        try:
            eventually(lambda: alarmed(environment), seconds=20, every=0.2)
            trial.passed(15)
            assert (
                environment.one("SELECT count(*) FROM grid.outbox WHERE published_at IS NULL") > 0
            )
            environment.terminate("grid relay", seconds=15)  # nor a relay that is asked to stop
        finally:
            environment.broker.ctl(*calm)
        trial.healed()
    assert trial.load.failures.total() == 0


def alarmed(environment: FaultEnvironment) -> bool:
    [node] = environment.broker.api("GET", "/nodes")
    return bool(node["mem_alarm"] or node["disk_free_alarm"])


# What takes a person


def test_a_gap_in_the_log_is_filled_by_publishing_again(environment: FaultEnvironment) -> None:
    path = f"/bindings/{environment.vhost}/e/{EXCHANGE}/q/{STREAM}"
    began = environment.one("SELECT now()::text")
    with environment.trial(
        "log unbound, republished by hand", events_within=20, answers_within=5
    ) as trial:
        [binding] = environment.broker.api("GET", path)
        environment.broker.api("DELETE", f"{path}/{binding['properties_key']}")
        trial.passed(10)
        eventually(lambda: environment.broker.api("GET", path), seconds=60, every=0.2)
        missing = published(environment, began) - logged(environment)
        assert missing
        republish(environment, began)
        trial.healed()
        eventually(lambda: not missing - logged(environment), seconds=60, every=0.5)
    assert trial.load.failures.total() == 0


def test_what_a_broker_lost_with_its_disk_is_published_again(environment: FaultEnvironment) -> None:
    began = environment.one("SELECT now()::text")
    with environment.trial(
        "broker's disk lost, republished by hand", events_within=90, answers_within=5
    ) as trial:
        with environment.frozen("evaluation"):
            eventually(
                lambda: queue(environment, queue_of("evaluation")).get("messages_ready", 0) > 0,
                seconds=30,
                every=0.1,
            )
            trial.passed(10)  # these nobody has been given
            eventually(lambda: environment.one(PENDING) == 0, every=0.1)
            environment.broker.lose_disk()
        environment.broker.start()
        environment.broker.vhost(environment.vhost)
        trial.passed(10)
        eventually(
            lambda: queue(environment, queue_of("evaluation")).get("consumers") == 1,
            seconds=60,
            every=0.2,
        )
        republish(environment, began)
        trial.healed()
    assert trial.load.failures.total() == 0


PENDING = (
    "SELECT count(*) FROM grid.outbox WHERE published_at IS NULL "
    "AND created_at < now() - interval '2 s'"
)


def republish(environment: FaultEnvironment, since: str) -> None:
    def one(name: str) -> None:
        moment = since.replace(" ", "T")
        environment.platform.linli("events", "republish", name, "--since", moment, "--yes")

    with ThreadPoolExecutor() as pool:
        list(pool.map(one, api_services()))


def published(environment: FaultEnvironment, since: str) -> set[str]:
    """The ids of events that the grid service has published since."""
    return {
        row[0]
        for row in environment.rows(
            "SELECT event_id::text FROM grid.outbox WHERE published_at >= %s", since
        )
    }


def logged(environment: FaultEnvironment) -> set[str]:
    """The ids of all events in the log, up to what the grid service published last."""
    last = environment.one(
        "SELECT event_id::text FROM grid.outbox WHERE published_at IS NOT NULL "
        "ORDER BY seq DESC LIMIT 1"
    )
    message_ids: set[str] = set()

    def note(channel: Any, method: Any, properties: Any, _body: bytes) -> None:
        message_ids.add(properties.message_id)
        channel.basic_ack(method.delivery_tag)

    def all_read() -> bool:
        connection.process_data_events(time_limit=0.1)
        return last in message_ids

    with closing(pika.BlockingConnection(pika.URLParameters(environment.amqp_uri))) as connection:
        channel = connection.channel()
        channel.basic_qos(prefetch_count=500)
        channel.basic_consume(STREAM, note, arguments={"x-stream-offset": "first"})
        eventually(all_read, seconds=60)
    return message_ids
