"""Accounts that try to read, publish or break what is not theirs, while the platform works."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pika
import pytest
from linli.deployment import subscriber_accounts as accounts
from linli.deployment.management_api import Management
from linli.deployment.subscriber_rights import Account
from linli_chassis.messaging import topology
from linli_chassis.messaging.topology import EXCHANGE, STREAM, queue_of
from linli_client.events import names
from linli_contracts.envelope import CONTENT_TYPE, encode
from linli_contracts.events.grid.requests import RequestVerified
from linli_devkit.contracts.examples import example_event
from pika.exceptions import AMQPError, ChannelClosedByBroker

from .environment import FaultEnvironment

pytestmark = pytest.mark.faults

TYPES = ["linli.evaluation.*"]
FORGED = encode(example_event(RequestVerified))
KEY = "110101.grid.request_verified.v1"

ATTEMPTS: dict[str, Callable[[Any], object]] = {
    "publish an event": lambda channel: publish(channel, EXCHANGE, KEY),
    "publish past the exchange": lambda channel: publish(channel, "", queue_of("evaluation")),
    "publish into the log": lambda channel: publish(channel, "", STREAM),
    "read a service's queue": lambda channel: channel.basic_get(queue_of("evaluation")),
    "purge a service's queue": lambda channel: channel.queue_purge(queue_of("evaluation")),
    "delete a service's queue": lambda channel: channel.queue_delete(queue_of("evaluation")),
    "unbind a service's queue": lambda channel: channel.queue_unbind(
        queue_of("evaluation"), EXCHANGE, KEY
    ),
    "bind its queue to all": lambda channel: channel.queue_bind(
        names.queue_of("city"), EXCHANGE, "#"
    ),
    "bind its queue to what it may not have": lambda channel: channel.queue_bind(
        names.queue_of("city"), EXCHANGE, KEY
    ),
    "bind its queue to another district": lambda channel: channel.queue_bind(
        names.queue_of("city"), EXCHANGE, "110103.evaluation.#"
    ),
    "read the log of all": lambda channel: (
        channel.basic_qos(prefetch_count=1),
        channel.basic_consume(STREAM, print),
    ),
    "declare a queue": lambda channel: channel.queue_declare("mine"),
    "declare an exchange": lambda channel: channel.exchange_declare("mine"),
    "delete the exchange": lambda channel: channel.exchange_delete(EXCHANGE),
}


def test_accounts_that_try_what_they_may_not_are_refused_and_change_nothing(
    environment: FaultEnvironment,
) -> None:
    with (
        environment.trial(
            "tenants try what they may not", events_within=15, answers_within=5
        ) as trial,
        tenants(environment) as uris,
    ):
        for uri in uris:
            for name, attempt in ATTEMPTS.items():
                assert refusal(uri, attempt) in (403, 404), name
            trial.passed(5)
        with pytest.raises(AMQPError):  # neither knows the other's virtual host
            refusal(
                uris[1].rpartition("/")[0] + f"/{environment.vhost}", ATTEMPTS["publish an event"]
            )
        trial.healed()
    assert trial.load.failures.total() == 0


def refusal(uri: str, attempt: Callable[[Any], object]) -> int:
    """The reply code of a refused attempt, else 0. Raises `AMQPError` if not let in."""
    connection = pika.BlockingConnection(pika.URLParameters(uri))
    try:
        attempt(connection.channel())
    except ChannelClosedByBroker as refused:
        return int(refused.reply_code)
    finally:
        with suppress(AMQPError):
            connection.close()
    return 0


def publish(channel: Any, exchange: str, key: str) -> None:
    channel.confirm_delivery()
    properties = pika.BasicProperties(content_type=CONTENT_TYPE, headers=dict(FORGED.headers))
    channel.basic_publish(exchange, key, FORGED.body, properties)


@contextmanager
def tenants(environment: FaultEnvironment) -> Iterator[list[str]]:
    """A subscriber of some types in the platform's virtual host, and one in the next."""
    address = f"http://guest:guest@127.0.0.1:{environment.broker.management_port}"
    neighbour = environment.broker.vhost()
    connection = pika.BlockingConnection(pika.URLParameters(neighbour))
    topology.declare(connection.channel(), "110102")
    connection.close()
    uris = []
    for amqp_uri, district in ((environment.amqp_uri, "110101"), (neighbour, "110102")):
        account = Account("city", names.Wanted.of(TYPES, district))
        password = accounts.add(Management(address, amqp_uri.rpartition("/")[2]), account)
        uris.append(accounts.uri_of(amqp_uri, account.user, password, None))
    try:
        yield uris
    finally:
        for amqp_uri, district in ((environment.amqp_uri, "110101"), (neighbour, "110102")):
            accounts.remove(Management(address, amqp_uri.rpartition("/")[2]), district, "city")
        environment.broker.drop_vhost(neighbour)
