"""The environment of every benchmark: a private RabbitMQ and PostgreSQL, and our processes."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2
import sqlalchemy as sa
from linli_devkit.bus_environment import declare_topology
from linli_devkit.client import ENVIRON
from linli_devkit.ports import free_port
from linli_devkit.postgres import PostgresServer, postgres_server
from linli_devkit.processes import process
from linli_devkit.rabbitmq import RabbitServer, rabbit_server

EFFECT = (
    "CREATE TABLE effect (event_id uuid PRIMARY KEY, subject text NOT NULL, at "
    "timestamptz DEFAULT clock_timestamp())"
)
"""The change that a handler of the benchmarks makes; the same table for ours and for raw loops."""


@dataclass
class BenchmarkServers:
    """The servers of one run. Each pair is measured `rounds` times; `quick` is for trying."""

    rabbit: RabbitServer
    postgres: PostgresServer
    folder: Path
    rounds: int
    quick: bool
    note: Callable[[str], None]

    def count(self, full: int) -> int:
        """How many of something to measure with: a tenth in a quick run."""
        return max(1, full // 10) if self.quick else full

    @contextmanager
    def database(self, *schemas: str) -> Iterator[BenchmarkDatabase]:
        """A database with the tables of these services, and a virtual host with the topology."""
        with self.postgres.database(schemas) as database_url, self.vhost() as amqp_uri:
            declare_topology(amqp_uri)
            yield BenchmarkDatabase(database_url, amqp_uri, self.folder)

    @contextmanager
    def vhost(self) -> Iterator[str]:
        """The URI of an empty virtual host."""
        uri = self.rabbit.vhost()
        yield uri
        self.rabbit.drop_vhost(uri)

    def versions(self) -> dict[str, str]:
        """Of broker and database, with the settings that decide how durable a commit is."""
        with psycopg2.connect(
            self.postgres.url.render_as_string(hide_password=False)
        ) as connection:
            cursor = connection.cursor()
            versions = {}
            for name in ("server_version", "fsync", "synchronous_commit", "wal_sync_method"):
                cursor.execute(f"SHOW {name}")
                versions[f"postgresql {name}"] = cursor.fetchone()[0]  # type: ignore[index]
        overview = self.rabbit.api("GET", "/overview")
        return {
            **versions,
            "rabbitmq": overview["rabbitmq_version"],
            "erlang": overview["erlang_version"],
        }


@dataclass
class BenchmarkDatabase:
    """A database and a virtual host of one benchmark, and the settings of its processes."""

    database_url: str
    amqp_uri: str
    folder: Path

    @property
    def environ(self) -> dict[str, str]:
        return {
            **ENVIRON,
            "DATABASE_URL": self.database_url,
            "AMQP_URI": self.amqp_uri,
        }

    def connect(self, schema: str) -> Any:
        """A psycopg2 connection that sees `schema`, as a raw loop would open it."""
        return psycopg2.connect(self.database_url, options=f"-csearch_path={schema} -ctimezone=UTC")

    def engine(self) -> sa.Engine:
        return sa.create_engine(
            sa.make_url(self.database_url).set(drivername="postgresql+psycopg2")
        )

    @contextmanager
    def process(self, *arguments: str, **environ: str) -> Iterator[Any]:
        """A Python process `-m arguments`, ended on leaving; its output is shown if it dies."""
        log = self.folder / f"{arguments[0]}.log"
        bind = {"LINLI_HTTP_BIND": f"127.0.0.1:{free_port()}"}
        with process(["-m", *arguments], {**self.environ, **bind, **environ}, log) as running:
            yield running
            if running.poll() is not None:
                raise RuntimeError(f"{arguments} ended early:\n{log.read_text()[-2000:]}")


@contextmanager
def benchmark_servers(
    *, rounds: int, quick: bool, note: Callable[[str], None]
) -> Iterator[BenchmarkServers]:
    """Start the servers, and end them with their data."""
    with ExitStack() as stack:
        folder = Path(
            stack.enter_context(
                tempfile.TemporaryDirectory(prefix="linli-bench-", ignore_cleanup_errors=True)
            )
        )
        note("Starting PostgreSQL and RabbitMQ ...")
        postgres = stack.enter_context(postgres_server(folder / "postgres"))
        rabbit = stack.enter_context(rabbit_server(folder / "rabbitmq"))
        yield BenchmarkServers(rabbit, postgres, folder, rounds, quick, note)
