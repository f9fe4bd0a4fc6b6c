"""The same work on what others use: FastAPI for HTTP; Dramatiq, FastStream and Celery for events.

`make peers` installs them. One that is absent is skipped.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec

from linli_contracts.events.organization.resources import ResourceWithdrawn
from linli_devkit.ports import free_port
from linli_devkit.processes import eventually

from benchmarks import two_services as flow
from benchmarks.consume_inbox import await_effects, execute
from benchmarks.environment import BenchmarkDatabase, BenchmarkServers
from benchmarks.figures import Figure, compare, compare_all
from benchmarks.fixtures import as_messages, events
from benchmarks.register_request import asked, await_port, draw_grids, load

_PARTS = "benchmarks.parts"


@dataclass(frozen=True)
class Worker:
    """A platform of others: how to start a service of the flow, and the queue it consumes."""

    library: str
    what: str
    part: str
    command: Sequence[str]
    queue: str = "{}"


WORKERS = (
    Worker(
        "dramatiq",
        "two-service flow against Dramatiq (8 threads, classic queues)",
        "dramatiq_flow",
        ("dramatiq", f"{_PARTS}.dramatiq_flow", "-p", "1", "-t", "8", "-Q", "{}"),
    ),
    Worker(
        "faststream",
        "two-service flow against FastStream (quorum queues, prefetch 100)",
        "faststream_flow",
        (f"{_PARTS}.faststream_flow",),
        "fs.{}",
    ),
    Worker(
        "celery",
        "two-service flow against Celery (2 processes, quorum queues, late acknowledgement)",
        "celery_flow",
        (
            *("celery", "-A", f"{_PARTS}.celery_flow", "worker", "-P", "prefork", "-c", "2"),
            *("-l", "error", "-Q", "{}", "-n", "{}@%h"),
            *("--without-gossip", "--without-mingle", "--without-heartbeat"),
        ),
    ),
)


def peers(servers: BenchmarkServers) -> list[Figure]:
    """Ours against each of the others that is installed."""
    workers = [worker for worker in WORKERS if _installed(servers, worker.library)]
    figures = [_fastapi(servers)] if _installed(servers, "fastapi") else []
    return figures + (_flows(servers, workers) if workers else [])


def _installed(servers: BenchmarkServers, library: str) -> bool:
    if find_spec(library) is not None:
        return True
    servers.note(f"Skipping {library}, which is not installed: `make peers` installs it.")
    return False


# Events


def _flows(servers: BenchmarkServers, workers: Sequence[Worker]) -> list[Figure]:
    """Events per second from the first effect in the first service to the last in the second."""
    ours_count, count = servers.count(6_000), servers.count(1_500)
    messages = as_messages(events(ResourceWithdrawn, ours_count))
    with ExitStack() as stack:
        database = stack.enter_context(servers.database(*flow.SERVICES))
        flow.create_effects(database)
        others: dict[str, Callable[[], float]] = {}
        for worker in workers:
            uri = stack.enter_context(servers.vhost())
            theirs = BenchmarkDatabase(database.database_url, uri, database.folder)
            others[worker.what] = partial(_theirs, theirs, worker, count)
        return compare_all(
            "peers",
            "events/s",
            lambda: flow.ours(database, messages),
            others,
            target=3.5,
            rounds=servers.rounds,
            notes={"events": ours_count, "events of others": count},
        )


def _theirs(database: BenchmarkDatabase, worker: Worker, count: int) -> float:
    flow.clear(database)
    enqueue = [sys.executable, "-m", f"{_PARTS}.{worker.part}", str(count)]
    subprocess.run(enqueue, env={**os.environ, **database.environ}, check=True)  # noqa: S603  # our own
    with ExitStack() as stack:
        first, second = flow.SERVICES
        running = _start(stack, database, worker, second)
        eventually(lambda: flow.consumers(database, worker.queue.format(second)) > 0, seconds=120)
        _start(stack, database, worker, first)
        await_effects(database, count, running, second)
    return flow.rate(database, count)


def _start(
    stack: ExitStack, database: BenchmarkDatabase, worker: Worker, service: str
) -> subprocess.Popen[bytes]:
    command = [word.format(service) for word in worker.command]
    process: subprocess.Popen[bytes] = stack.enter_context(
        database.process(*command, SERVICE=service)
    )
    return process


# HTTP


def _fastapi(servers: BenchmarkServers) -> Figure:
    """Requests per second over eight connections; each side has tables of its own."""
    bodies = [json.dumps(body, ensure_ascii=False) for body in asked(servers.count(2_000))]
    with ExitStack() as stack:
        amqp_uri = stack.enter_context(servers.vhost())

        def register(path: str, *command: str) -> Callable[[], float]:
            url = stack.enter_context(servers.postgres.database(["grid"]))
            draw_grids(url)
            database, port = BenchmarkDatabase(url, amqp_uri, servers.folder), free_port()
            words = [word.format(port) for word in command]
            settings = {
                "LINLI_HTTP_BIND": f"127.0.0.1:{port}",
                "LINLI_REGISTRATIONS_PER_HOUR": "10000000",  # all come from one account
            }
            stack.enter_context(database.process(*words, **settings))
            await_port(port)

            def measure() -> float:
                execute(database, "TRUNCATE request, outbox, stream CASCADE", "grid")
                return load(port, path, bodies)

            return measure

        quiet = ("--port", "{}", "--workers", "1", "--no-access-log", "--log-level", "warning")
        return compare(
            "peers",
            "register a request, against FastAPI doing the same work (uvicorn, asyncpg)",
            "requests/s",
            register("/api/grid/v1/requests", "linli", "run", "grid"),
            register("/requests", "uvicorn", f"{_PARTS}.fastapi_http:app", *quiet),
            target=1.0,
            rounds=servers.rounds,
            notes={"requests": len(bodies)},
        )
