"""The programs of docs/subscribing.md follow a real broker with the account of the page."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from linli.deployment.subscriber_rights import user_of
from linli_chassis.process.runtime import Runtime, relay_of
from linli_chassis.settings import Settings
from linli_contracts.events.service_desk.cases import CaseClosed, CaseOpened
from linli_contracts.schema import EventData
from linli_devkit.bus_environment import declare_topology
from linli_devkit.client import DISTRICT, ENVIRON
from linli_devkit.contracts.examples import example_event
from linli_devkit.ports import free_port
from linli_devkit.processes import eventually
from linli_devkit.rabbitmq import RabbitServer
from linli_webhooks.deliveries.sending import Outcome, send, structured

from .broker import Broker, broker
from .pages import page, script

PAGE = page("docs/subscribing.md")
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
pytestmark = pytest.mark.broker


class Producer:
    """A service that publishes events through its outbox and a real relay."""

    def __init__(self, service: str, database_url: str, amqp_uri: str) -> None:
        self.service = service
        self.settings = Settings.load(
            {**ENVIRON, "DATABASE_URL": database_url, "AMQP_URI": amqp_uri}
        )
        self.runtime = Runtime.of(service, self.settings)

    def emit(self, schema: type[EventData], count: int = 1, **data: object) -> list[UUID]:
        """Events of new aggregates; the ids of these."""
        subjects = [uuid4() for _ in range(count)]
        with self.runtime.unit_of_work() as uow:
            for subject in subjects:
                example = example_event(schema, **{schema.event_type.key: subject}, **data)
                uow.emit(schema(**example.data))
        return subjects

    def publish_again(self) -> None:
        """Let everything be published a second time, once it was a first time."""
        eventually(lambda: not self.pending())
        with self.runtime.engine.begin() as connection:
            connection.execute(sa.text("UPDATE outbox SET published_at = NULL"))

    def pending(self) -> int:
        with self.runtime.engine.connect() as connection:
            pending = sa.text("SELECT count(*) FROM outbox WHERE published_at IS NULL")
            return int(connection.execute(pending).scalar_one())

    @contextmanager
    def relay(self) -> Iterator[None]:
        relay = relay_of(self.service, self.settings)
        thread = threading.Thread(target=relay.run)
        thread.start()
        try:
            yield
        finally:
            relay.stop()
            thread.join(10)
            self.runtime.engine.dispose()


@pytest.fixture
def district(rabbit: RabbitServer) -> Iterator[Broker]:
    with broker(rabbit) as new_broker:
        declare_topology(new_broker.admin_uri)
        new_broker.accounts.append(user_of(DISTRICT, "city"))
        yield new_broker


@pytest.fixture
def handed_over(district: Broker) -> str:
    """The address that the operator's command of the page prints."""
    done = subprocess.run(  # noqa: S603  # a program of ours
        ["/bin/bash", "-c", script(PAGE, "operator")],
        env={
            **surroundings(),
            "AMQP_URI": district.admin_uri,
            "LINLI_MANAGEMENT_URL": f"http://guest:guest@127.0.0.1:{district.server.management_port}",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    [address] = re.findall(r"Address: (\S+)", done.stdout)
    return str(address)


@pytest.fixture
def desk(district: Broker, database: Callable[[list[str]], str]) -> Producer:
    return Producer("service_desk", database(["service_desk"]), district.admin_uri)


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the libraries of the page's JavaScript; skips where they cannot be had."""
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip(
            "the JavaScript of docs/subscribing.md is not run: node and npm are not installed here"
        )
    folder = tmp_path_factory.mktemp("node")
    packages = sorted(set(re.findall(r"npm install (\w+)", PAGE.text)))
    command = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(folder), *packages]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)  # noqa: S603
    if done.returncode:
        last_line = done.stderr.strip().splitlines()[-1:]
        pytest.skip(
            "the JavaScript of docs/subscribing.md is not run: npm cannot install "
            f"{packages}: {last_line}"
        )
    return folder


def surroundings(**more: str) -> Mapping[str, str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {
        **os.environ,
        "PATH": path,
        "LINLI_DISTRICT": DISTRICT,
        "LINLI_LANGUAGE": "en",
        "COLUMNS": "200",
        **more,
    }


@contextmanager
def program(name: str, folder: Path, **environ: str) -> Iterator[Callable[[], list[str]]]:
    """A program of the page, running; gives the lines it has printed."""
    (folder / name).write_text(script(PAGE, name), encoding="utf-8")
    command = [sys.executable if name.endswith(".py") else "node", name]
    with (folder / "output").open("w", encoding="utf-8") as out:
        running = subprocess.Popen(  # noqa: S603
            command, cwd=folder, env=surroundings(**environ), stdout=out, stderr=out
        )
    try:
        yield lambda: (folder / "output").read_text(encoding="utf-8").splitlines()
    finally:
        running.terminate()
        running.wait(20)


def test_python_takes_what_comes_and_what_came_meanwhile_each_once(
    district: Broker, handed_over: str, desk: Producer, tmp_path: Path
) -> None:
    with desk.relay():
        with program("follow.py", tmp_path, AMQP_URI=handed_over) as lines:
            eventually(lambda: bound(district), seconds=60)
            desk.emit(CaseOpened)
            first = desk.emit(CaseClosed, 3, working_hours=2.5)
            eventually(
                lambda: (
                    [line.split()[1:] for line in lines()] == [[str(case), "2.5"] for case in first]
                )
            )
        after = desk.emit(CaseClosed, 2)
        desk.publish_again()
        with program("follow.py", tmp_path, AMQP_URI=handed_over) as lines:
            # Its own two it knows the second time; the three of the process before come again.
            eventually(
                lambda: (
                    {line.split()[1] for line in lines()} == {str(case) for case in first + after}
                ),
                seconds=60,
            )
            assert len(lines()) == 5
    with sqlite3.connect(tmp_path / "city.db") as connection:
        case_ids = [UUID(case) for (case,) in connection.execute("SELECT case_id FROM closed")]
    connection.close()
    assert sorted(case_ids) == sorted(first + after)


def test_javascript_takes_what_comes_and_what_came_meanwhile(
    district: Broker, handed_over: str, desk: Producer, node: Path
) -> None:
    with desk.relay():
        with program("follow.js", node, AMQP_URI=handed_over) as lines:
            eventually(lambda: bound(district), seconds=60)
            desk.emit(CaseOpened)
            first = desk.emit(CaseClosed, 3, working_hours=2.5)
            eventually(
                lambda: (
                    [line.split()[1:] for line in lines()] == [[str(case), "2.5"] for case in first]
                )
            )
        after = desk.emit(CaseClosed, 2)
        with program("follow.js", node, AMQP_URI=handed_over) as lines:
            # The last one of the first run may not have been acknowledged before it was ended.
            eventually(
                lambda: [line.split()[1] for line in lines()][-2:] == [str(case) for case in after],
                seconds=60,
            )


def bound(district: Broker) -> bool:
    """Whether the subscriber's queue is bound."""
    bindings = district.server.api(
        "GET", f"/exchanges/{district.vhost}/linli.events/bindings/source"
    )
    return "linli.subscriber.city" in [binding["destination"] for binding in bindings]


@pytest.mark.parametrize("name", ["receive.py", "receive.js"])
def test_a_receiver_takes_what_is_signed_and_nothing_else(
    name: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    folder = tmp_path if name.endswith(".py") else request.getfixturevalue("node")
    port, event = free_port(), example_event(CaseClosed)
    url, body = f"http://127.0.0.1:{port}/", structured(event)

    def post(secret: str) -> Outcome:
        return send(url, secret, event.id, body, allow_http=True, allow_private=True)

    with program(name, folder, WEBHOOK_SECRET=SECRET, PORT=str(port)) as lines:
        assert eventually(lambda: post(SECRET).status, seconds=60) == 204
        assert post("whsec_c29tZWJvZHkgZWxzZSdzIHNlY3JldA==").status == 401
        eventually(lambda: f"linli.service_desk.case_closed.v1 {event.subject}" in lines())
        assert len([line for line in lines() if event.subject in line]) == 1
