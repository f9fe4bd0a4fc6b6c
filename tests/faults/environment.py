"""Eight processes, a broker and a database, each behind a proxy, and faults for them."""

from __future__ import annotations

import signal
import tempfile
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import psycopg2
import sqlalchemy as sa
from linli.local.supervisor import Child
from linli_chassis.process import failpoints
from linli_contracts.manifest import api_services
from linli_devkit.disks import small_disk
from linli_devkit.own_postgres import OwnPostgres, own_postgres
from linli_devkit.platforms import running_platform
from linli_devkit.processes import eventually
from linli_devkit.proxy import Proxy
from linli_devkit.rabbitmq import RabbitServer, rabbit_server
from linli_devkit.running_platform import RunningPlatform

from .checker import Checker, Findings, Rows
from .request_load import Load

REST_SECONDS = 120.0
HEARTBEAT_SECONDS = 4
DISK_MEGABYTES = 500


@dataclass
class Result:
    """One row of the table that the suite prints."""

    fault: str
    requests: int
    events: int
    lost: int
    duplicated: int
    unexpected: int
    recovered_seconds: float
    turned_away: str


@dataclass
class Trial:
    """One fault: the load that runs meanwhile, and when the fault was over."""

    name: str
    environment: FaultEnvironment
    load: Load
    poison: int = 0
    """How many messages were injected that must end as dead letters."""
    _healed_at: float | None = None
    _logs_from: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for child in self.environment.platform.supervisor.children:
            self._logs_from[child.name] = child.log.stat().st_size

    def said(self, name: str) -> str:
        """What a process has logged since the trial began."""
        with self.environment.child(name).log.open("rb") as log:
            log.seek(self._logs_from[name])
            return log.read().decode(errors="replace")

    def passed(self, requests: int, seconds: float = 90) -> None:
        """Wait until this many more requests were carried out."""
        self.load.await_more(requests, seconds)

    def healed(self) -> None:
        """What was broken works again from now on: the time to recover begins."""
        self._healed_at = monotonic()

    @property
    def since_healed(self) -> float:
        return monotonic() - (self._healed_at or monotonic())


class Replica(Child):
    """A process beside those that the supervisor tends."""

    @contextmanager
    def running(self) -> Iterator[None]:
        """Started now, and stopped on leaving unless it was before."""
        self.start()
        try:
            yield
        finally:
            self.stop()

    def stop(self) -> None:
        """Ask it to stop, once, and wait until it has."""
        process, self.process = self.process, None
        if process is not None:
            process.terminate()
            assert process.wait(40) == 0, self.end_of_log()


@dataclass
class FaultEnvironment:
    """A platform under test and the servers below it. `rows` reads past the proxy."""

    broker: RabbitServer
    postgres: OwnPostgres
    database_url: str
    amqp_uri: str
    to_broker: Proxy
    to_database: Proxy
    platform: RunningPlatform
    results: list[Result]
    small_disk: bool
    _seeds: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def vhost(self) -> str:
        return self.amqp_uri.rpartition("/")[2]

    # Trials

    @contextmanager
    def trial(
        self, name: str, *, urls: Collection[str] = (), crashes: Collection[str] = ()
    ) -> Iterator[Trial]:
        """Post requests while the block runs; afterwards all must come to rest, and the checker
        must find nothing.

        Args:
            crashes: processes that the fault ends; any other that ends did so by itself, which is
                unexpected.
        """
        for child in self.platform.supervisor.children:
            child.restarts = 0
        with self._snapshot() as rows:
            before = Checker(rows).before()
        load = Load(self.platform, next(self._seeds), tuple(urls))
        trial = Trial(name, self, load)
        with load.running():
            trial.passed(5)
            yield trial
            trial.passed(5)
        findings = self._at_rest(
            lambda checker: checker.findings(before, load.entries, trial.poison)
        )
        recovered = trial.since_healed
        findings.unexpected += load.unexplained
        findings.unexpected += self._crashed(crashes)
        self._record(trial, findings, recovered)
        assert findings.clean, f"{name}: {findings}"

    def _at_rest(self, look: Callable[[Checker], Findings]) -> Findings:
        """What `look` returns in the first idle snapshot; what is pending, if there is none."""
        deadline = monotonic() + REST_SECONDS
        while True:
            with self._snapshot() as rows:
                checker = Checker(rows)
                restless = checker.restless()
                if not restless or monotonic() > deadline:
                    findings = look(checker)
                    findings.unexpected += [f"still {restless}"] * bool(restless)
                    return findings
            sleep(0.1)

    @contextmanager
    def _snapshot(self) -> Iterator[Rows]:
        """Reads past the proxy, all of one moment."""
        connection = psycopg2.connect(self.database_url)
        connection.set_session(isolation_level="REPEATABLE READ", readonly=True)

        def rows(sql: str, *values: Any) -> list[tuple[Any, ...]]:
            with connection.cursor() as cursor:
                cursor.execute(sql, values or None)
                return cursor.fetchall()

        try:
            yield rows
        finally:
            connection.close()

    def _crashed(self, crashes: Collection[str]) -> list[str]:
        return [
            f"{child.name} ended {child.restarts} times by itself: {child.end_of_log()}"
            for child in self.platform.supervisor.children
            if child.restarts and child.name not in crashes
        ]

    def _record(self, trial: Trial, findings: Findings, recovered: float) -> None:
        refusals = ", ".join(
            f"{reason} {times}" for reason, times in sorted(trial.load.failures.items())
        )
        counts = (len(findings.lost), len(findings.duplicated), len(findings.unexpected))
        self.results.append(
            Result(trial.name, trial.load.settled, findings.events, *counts, recovered, refusals)
        )

    # Processes

    def child(self, name: str) -> Child:
        return self.platform.child(name)

    def kill(self, name: str) -> None:
        """End a process at once; the supervisor starts it again."""
        self._signal(name, signal.SIGKILL)

    def terminate(self, name: str, seconds: float = 40) -> None:
        """Ask a process to stop, which it must do in time; the supervisor starts it again."""
        self._signal(name, signal.SIGTERM, seconds)

    def _signal(self, name: str, number: signal.Signals, seconds: float = 40) -> None:
        child = self.child(name)
        process, restarts = child.process, child.restarts
        assert process is not None
        process.send_signal(number)
        process.wait(seconds)
        self.platform.await_restart(name, restarts)

    def die_at(self, name: str, place: str, times: int) -> None:
        """Start a process again, armed to die at a place once, and to go on afterwards."""
        child = self.child(name)
        usual = child.environ
        child.environ = {**usual, failpoints.VARIABLE: f"{place}:{times}"}
        try:
            self.terminate(name)
        finally:
            child.environ = usual
        armed, restarts = child.process, child.restarts

        def has_died() -> bool:
            return armed is not None and armed.poll() is not None

        eventually(has_died, seconds=60)
        assert armed is not None
        assert armed.returncode == -signal.SIGKILL, child.end_of_log()
        self.platform.await_restart(name, restarts)

    @contextmanager
    def replica(self, name: str, port: int, folder: Path) -> Iterator[Replica]:
        """A second process of a service, which nobody tends."""
        environ = {**self.child(name).environ, "LINLI_HTTP_BIND": f"127.0.0.1:{port}"}
        child = Replica(
            f"{name} replica", ["linli", "run", name], environ, folder / f"{name}-replica.log"
        )
        with child.running():
            self.platform.supervisor.await_ready(f"http://127.0.0.1:{port}", child)
            yield child

    def standby(self, name: str, folder: Path) -> Replica:
        """A second relay of a service, which nobody tends, not running."""
        environ = self.child(f"{name} relay").environ
        return Replica(
            f"{name} standby", ["linli", "relay", name], environ, folder / f"{name}-standby.log"
        )

    @contextmanager
    def frozen(self, name: str) -> Iterator[None]:
        """Let a process stand still; the broker takes it for dead after two heartbeats."""
        process = self.child(name).process
        assert process is not None
        process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            process.send_signal(signal.SIGCONT)

    # The database

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Read past the proxy."""
        with self._snapshot() as rows:
            return rows(sql, *values)

    def one(self, sql: str, *values: Any) -> Any:
        return self.rows(sql, *values)[0][0]


@contextmanager
def fault_environment(
    load_sample: Callable[[RunningPlatform], None],
    results: list[Result],
    nodes: Sequence[RabbitServer] = (),
) -> Iterator[FaultEnvironment]:
    """A furnished platform whose every connection passes a proxy.

    Args:
        nodes: of a broker that runs already, between which the proxy chooses; else there is one
            broker of its own.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="linli-faults-")))
        folder.chmod(0o755)  # the database server may not run as root
        nodes = nodes or [stack.enter_context(rabbit_server(folder / "broker"))]
        broker = nodes[0]
        amqp_uri = broker.vhost()
        (folder / "postgres").mkdir()
        small = stack.enter_context(small_disk(folder / "postgres", DISK_MEGABYTES))
        postgres = stack.enter_context(
            own_postgres(folder / "postgres", max_wal_size="64MB", min_wal_size="32MB")
        )
        database_url = stack.enter_context(postgres.database(api_services()))
        to_broker = stack.enter_context(
            Proxy(*(("127.0.0.1", node.port) for node in nodes)).running()
        )
        to_database = stack.enter_context(Proxy(("127.0.0.1", postgres.port)).running())
        platform = stack.enter_context(
            running_platform(
                folder / "platform",
                amqp_uri=amqp_uri.replace(f":{broker.port}/", f":{to_broker.port}/"),
                database_url=_through(database_url, to_database),
                LINLI_HEARTBEAT_SECONDS=str(HEARTBEAT_SECONDS),
            )
        )
        load_sample(platform)
        yield FaultEnvironment(
            broker,
            postgres,
            database_url,
            amqp_uri,
            to_broker,
            to_database,
            platform,
            results,
            small,
        )


def _through(database_url: str, proxy: Proxy) -> str:
    return sa.make_url(database_url).set(port=proxy.port).render_as_string(hide_password=False)
