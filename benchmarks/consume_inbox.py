"""The inbox: from a queue to a committed effect and outbox row, each consumer a process."""

from __future__ import annotations

import subprocess
from contextlib import AbstractContextManager
from typing import Any

from linli_chassis.messaging.topology import queue_of
from linli_contracts.events.grid.requests import RequestVerified
from linli_devkit.processes import eventually

from benchmarks.environment import EFFECT, BenchmarkDatabase, BenchmarkServers
from benchmarks.figures import Figure, compare
from benchmarks.fixtures import as_messages, events, publish, purge

_BATCH = 100


def inbox(servers: BenchmarkServers) -> list[Figure]:
    """Take in the same messages by the chassis and by hand."""
    count = servers.count(10_000)
    messages = as_messages(events(RequestVerified, count))
    with servers.database("service_desk") as database:
        execute(database, EFFECT)

        def run(consumer: AbstractContextManager[Any]) -> float:
            execute(database, "TRUNCATE effect, inbox, outbox, stream")
            purge(database.amqp_uri)
            publish(database.amqp_uri, messages)
            with consumer as running:
                await_effects(database, count, running)
            return rate(database)

        figure = compare(
            "inbox",
            "queue to committed effect and outbox row, batches of 100",
            "events/s",
            lambda: run(database.process("benchmarks.parts.platform_flow", "service_desk")),
            lambda: run(
                database.process(
                    "benchmarks.parts.raw_consumer", queue_of("service_desk"), str(_BATCH)
                )
            ),
            target=0.5,
            rounds=servers.rounds,
            notes={"messages": count},
        )
    return [figure]


def execute(database: BenchmarkDatabase, sql: str, schema: str = "service_desk") -> Any:
    """Run a statement in a transaction of its own; the rows, if there are any."""
    connection = database.connect(schema)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall() if cursor.description else None
    finally:
        connection.close()


def await_effects(
    database: BenchmarkDatabase,
    count: int,
    running: subprocess.Popen[bytes],
    schema: str = "service_desk",
) -> None:
    """Wait for that many committed effects. Raises `RuntimeError` when the process fails."""
    connection = database.connect(schema)
    connection.autocommit = True

    def done() -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT (SELECT count(*) FROM effect), (SELECT max(error) FROM inbox)")
            effects, error = cursor.fetchone()
        if error:
            raise RuntimeError(f"an event was not handled: {error}")
        if running.poll() is not None:
            raise RuntimeError(f"the process ended with {running.poll()}")
        return bool(effects >= count)

    eventually(done, seconds=300, every=0.1)
    connection.close()


def rate(database: BenchmarkDatabase) -> float:
    """Outbox rows per second by the database's clock, from the first batch to the last."""
    [(seconds, counted)] = execute(
        database,
        """
        WITH batches AS (SELECT xmin::text AS batch, max(created_at) AS at, count(*) AS size
          FROM outbox GROUP BY 1)
        SELECT extract(epoch FROM max(at) - min(at)), sum(size) - (array_agg(size ORDER BY at))[1]
            FROM batches""",
    )
    return float(counted) / float(seconds)
