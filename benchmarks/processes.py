"""The platform as deployed, eight processes on one machine: idle, one request, and history."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import quantiles
from tempfile import mkdtemp
from time import perf_counter
from typing import Any

import psycopg2
from linli_contracts.manifest import api_services
from linli_devkit.platforms import running_platform
from linli_devkit.processes import eventually
from linli_devkit.running_platform import RunningPlatform

from benchmarks.city import DISTRICT, City, city
from benchmarks.environment import BenchmarkServers
from benchmarks.figures import Figure, limit
from benchmarks.register_request import asked

_TICKS = os.sysconf("SC_CLK_TCK")
_MIB = 1024 * 1024
LOG_EVENTS_A_SECOND = 500
"""What relays read of the log at most; see `linli_chassis.messaging.gap_recovery`."""


def latency(servers: BenchmarkServers) -> list[Figure]:
    """One request after another through an idle platform, from sending it to its fact."""
    with platform(servers) as (running, sample):
        bodies = [body | sample.place for body in asked(servers.count(200) + 5)]
        with psycopg2.connect(running.environ["DATABASE_URL"]) as connection:
            connection.autocommit = True
            times = [1000 * _request_to_fact(running, connection, body) for body in bodies][5:]
    cuts = quantiles(times, n=100, method="inclusive")
    what = f"request posted to fact in evaluation, idle platform, {len(times)} requests"
    return [
        limit("latency", f"{what}: p50", "ms", [cuts[49]], 100, measured=times),
        limit("latency", f"{what}: p99", "ms", [cuts[98]], 300),
    ]


def _request_to_fact(running: RunningPlatform, connection: Any, body: dict[str, Any]) -> float:
    time.sleep(0.05)  # what the one before has started is over: the platform is idle
    began = perf_counter()
    answer = running.post("grid", "/requests", body)
    deadline = began + 30
    with connection.cursor() as cursor:
        while True:
            cursor.execute(
                "SELECT 1 FROM evaluation.fact WHERE request_id = %s", (answer["request_id"],)
            )
            if cursor.fetchone():
                return perf_counter() - began
            if perf_counter() > deadline:
                raise RuntimeError("no fact after 30 s")
            time.sleep(0.001)


def rest(servers: BenchmarkServers) -> list[Figure]:
    """Memory and processor time of each process after history was imported and matched."""
    seconds = 20.0
    with platform(servers) as (running, sample):
        bring_in(running, sample)
        work(running, sample)
        running.idle(120)
        # Caches of the work before are dropped, connections settle, and relays have read what it
        # put into the log.
        time.sleep(5 + sample.events / LOG_EVENTS_A_SECOND)
        pids = {
            child.name: child.process.pid for child in running.supervisor.children if child.process
        }
        before = {name: _cpu_seconds(pid) for name, pid in pids.items()}
        time.sleep(seconds)
        figures = []
        for name, pid in pids.items():
            used = (_cpu_seconds(pid) - before[name]) / seconds * 100
            figures.append(
                limit("rest", f"{name}: resident memory", "MiB", [_resident_bytes(pid) / _MIB], 110)
            )
            figures.append(limit("rest", f"{name}: processor", "% of a core", [used], 1.0))
    return figures


def history(servers: BenchmarkServers) -> list[Figure]:
    """Requests per second from the start of the import until the last one is counted."""
    rates, posted, sources = [], [], set()
    for _ in range(1 if servers.quick else min(3, servers.rounds)):
        with platform(servers) as (running, sample):
            seconds_posted, seconds = _brought_in(running, sample)
            posted.append(sample.count / seconds_posted)
            rates.append(sample.count / seconds)
            sources.add(f"{sample.count:,} requests ({sample.source})")
    what = f"import of {sources.pop()}, end to end, eight processes"
    return [limit("history", what, "requests/s", rates, 100, at_least=True, posted=posted)]


def _brought_in(running: RunningPlatform, sample: City) -> tuple[float, float]:
    """Seconds until the command has posted all, and until evaluation has folded the rest."""
    began = perf_counter()
    bring_in(running, sample, settled=False)
    posted = perf_counter()
    eventually(
        lambda: running.count("SELECT count(*) FROM evaluation.fact_event") >= sample.events,
        seconds=600,
        every=0.2,
    )
    return posted - began, perf_counter() - began


@contextmanager
def platform(
    servers: BenchmarkServers, requests: int = 3_370
) -> Iterator[tuple[RunningPlatform, City]]:
    """Eight processes with the grids of a city, idle."""
    home = Path(mkdtemp(dir=servers.folder))
    sample = city(home, servers.count(requests))
    settings = {"LINLI_DISTRICT": DISTRICT, "LINLI_TIME_ZONE": "America/Los_Angeles"}
    with (
        servers.vhost() as amqp_uri,
        servers.postgres.database(api_services()) as database_url,
        running_platform(home, amqp_uri=amqp_uri, database_url=database_url, **settings) as running,
    ):
        running.linli("import", "regions", str(sample.regions))
        running.idle()
        running.linli("import", "grids", str(sample.grids), "--mapping", str(sample.grids_mapping))
        running.idle()
        yield running, sample


def bring_in(running: RunningPlatform, sample: City, *, settled: bool = True) -> None:
    """Import the requests by the command, as a person does."""
    running.linli(
        "import", "requests", str(sample.requests), "--mapping", str(sample.requests_mapping)
    )
    if settled:
        running.idle(300)


def work(running: RunningPlatform, sample: City) -> None:
    """Let each process do what it does in a day: register, verify, match, show."""
    for body in asked(20):
        registered = running.post("grid", "/requests", body | sample.place)
        running.post("grid", f"/requests/{registered['request_id']}/verify", {})
    for service, path in (
        ("organization", "/units"),
        ("service_desk", "/cases"),
        ("evaluation", "/facts"),
    ):
        running.get(service, path)


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _resident_bytes(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * os.sysconf(
        "SC_PAGE_SIZE"
    )
