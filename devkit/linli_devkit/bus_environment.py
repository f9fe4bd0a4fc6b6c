"""One producer and one consumer on a bus, for testing what happens to events between them."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pika
import sqlalchemy as sa
from linli_chassis.messaging.relay import Relay
from linli_chassis.messaging.topology import declare
from linli_chassis.process.runtime import Runtime, relay_of
from linli_chassis.settings import Settings
from linli_chassis.storage.database import create_engine
from linli_chassis.storage.unit_of_work import UnitOfWork
from linli_contracts.events.grid.requests import RequestRejected

from linli_devkit.client import DISTRICT
from linli_devkit.ports import free_port
from linli_devkit.processes import eventually, process

CONSUMER = "evaluation"
SCHEMAS = ("grid", "service_desk", CONSUMER)
_PROBE = ["-m", "linli_devkit.probe_service"]


@dataclass
class Bus:
    """One producer (grid) and one consumer (a probe under the name of evaluation) on a bus."""

    environ: dict[str, str]
    folder: Path
    settings: Settings = field(init=False)

    def __post_init__(self) -> None:
        self.settings = Settings.load(self.environ)
        self.producer = Runtime.of("grid", self.settings)
        self.consumer = create_engine(self.settings.database_url, CONSUMER, pool_size=4)
        with self.consumer.begin() as connection:
            connection.execute(
                sa.text(
                    "CREATE TABLE effect (event_id uuid, subject text, sequence bigint, n serial)"
                )
            )
            connection.execute(sa.text("CREATE TABLE gate (opened boolean)"))

    @contextmanager
    def relay(self) -> Iterator[Relay]:
        """A relay of the producer, in a thread."""
        relay = relay_of("grid", self.settings)
        thread = threading.Thread(target=relay.run)
        thread.start()
        try:
            yield relay
        finally:
            relay.stop()
            thread.join(10)
            assert not thread.is_alive()

    @contextmanager
    def probe(self) -> Iterator[subprocess.Popen[bytes]]:
        """The consuming service, as a process."""
        environ = {**self.environ, "LINLI_HTTP_BIND": f"127.0.0.1:{free_port()}"}
        with process([*_PROBE, CONSUMER], environ, self.folder / "probe.log") as running:
            yield running

    def reject(
        self, count: int = 1, *, reason: str = "repeated", subject: UUID | None = None
    ) -> list[UUID]:
        """Commit events of rejected requests; the ids of the requests."""
        subjects = [subject or uuid4() for _ in range(count)]
        with self.producer.unit_of_work() as uow:
            emit_rejections(uow, subjects, reason)
        return subjects

    def effects(self) -> list[Any]:
        """What the probe wrote, in the order it wrote it."""
        with self.consumer.connect() as connection:
            return list(
                connection.execute(
                    sa.text("SELECT event_id, subject, sequence FROM effect ORDER BY n")
                )
            )

    def await_effects(self, count: int, seconds: float = 30) -> list[Any]:
        def enough() -> list[Any]:
            effects = self.effects()
            return effects if len(effects) >= count else []

        return eventually(enough, seconds=seconds)

    def count(self, sql: str, schema: str = CONSUMER) -> int:
        engine = self.consumer if schema == CONSUMER else self.producer.engine
        with engine.connect() as connection:
            return int(connection.execute(sa.text(sql)).scalar_one())

    def execute(self, sql: str, schema: str = CONSUMER) -> None:
        engine = self.consumer if schema == CONSUMER else self.producer.engine
        with engine.begin() as connection:
            connection.execute(sa.text(sql))

    def close(self) -> None:
        self.producer.engine.dispose()
        self.consumer.dispose()


def emit_rejections(uow: UnitOfWork[Any], subjects: list[UUID], reason: str) -> None:
    for subject in subjects:
        uow.emit(RequestRejected(request_id=subject, reason=reason))


def declare_topology(amqp_uri: str) -> None:
    """Declare the exchanges, queues and bindings of the district, as an administrator would."""
    connection = pika.BlockingConnection(pika.URLParameters(amqp_uri))
    with closing(connection):
        declare(connection.channel(), DISTRICT)
