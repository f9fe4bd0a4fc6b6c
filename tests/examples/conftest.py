"""A district's broker, what is published there, and the programs of examples/."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pika
import pytest
from linli.deployment import subscriber_accounts
from linli.deployment.management_api import Management
from linli.deployment.subscriber_rights import Account
from linli_chassis.messaging.topology import EXCHANGE
from linli_client.events.names import Wanted
from linli_contracts.envelope import Event, Message, encode
from linli_contracts.registry import find
from linli_devkit.bus_environment import declare_topology
from linli_devkit.rabbitmq import RabbitServer

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
DISTRICT = "110101"


@dataclass
class Broker:
    """The virtual host of a district, with all that stands on it."""

    server: RabbitServer
    amqp_uri: str

    @property
    def vhost(self) -> str:
        return self.amqp_uri.rpartition("/")[2]

    @contextmanager
    def channel(self) -> Iterator[Any]:
        connection = pika.BlockingConnection(pika.URLParameters(self.amqp_uri))
        try:
            channel = connection.channel()
            channel.confirm_delivery()
            yield channel
        finally:
            connection.close()

    def publish(self, *events: Event) -> None:
        for event in events:
            self.publish_message(encode(event), find(event.type).routing_key(DISTRICT))

    def publish_message(self, message: Message, routing_key: str) -> None:
        properties = pika.BasicProperties(
            content_type=message.content_type, headers=dict(message.headers), delivery_mode=2
        )
        with self.channel() as channel:
            channel.basic_publish(EXCHANGE, routing_key, message.body, properties)

    def add_subscriber(self, name: str, types: str) -> str:
        """The AMQP URI of a new account, as `linli subscriber add` prints it."""
        management = Management(
            f"http://guest:guest@127.0.0.1:{self.server.management_port}", self.vhost
        )
        account = Account(name, Wanted.of(types, DISTRICT))
        password = subscriber_accounts.add(management, account, replace=True)
        return subscriber_accounts.uri_of(self.amqp_uri, account.user, password, None)


@pytest.fixture
def broker(rabbit: RabbitServer, amqp_uri: str) -> Broker:
    declare_topology(amqp_uri)
    return Broker(rabbit, amqp_uri)


@pytest.fixture
def program(tmp_path: Path) -> Callable[..., Any]:
    """Runs a program of examples/ in a folder of its own; gives the lines it has printed."""

    @contextmanager
    def run(path: str, *arguments: str, **environ: str) -> Iterator[Callable[[], list[str]]]:
        with started([sys.executable, str(EXAMPLES / path), *arguments], tmp_path, environ):
            yield lambda: (tmp_path / "output").read_text(encoding="utf-8").splitlines()

    return run


@contextmanager
def started(
    words: list[str], folder: Path, environ: Mapping[str, str], log: str = "output"
) -> Iterator[subprocess.Popen[bytes]]:
    """A process whose output goes into a file of `folder`; stopped afterwards."""
    with (folder / log).open("wb") as output:
        running = subprocess.Popen(  # noqa: S603  # our own words
            words, cwd=folder, env={**os.environ, **environ}, stdout=output, stderr=output
        )
    try:
        yield running
    finally:
        running.terminate()
        try:
            running.wait(30)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()
