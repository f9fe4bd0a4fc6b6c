"""A fault is tried: a load runs meanwhile, all comes to rest, and a checker looks at the data."""

from __future__ import annotations

import signal
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from time import monotonic, sleep
from typing import Any

import psycopg2
from linli.local.supervisor import Child
from linli_chassis.process import failpoints
from linli_devkit.processes import eventually
from linli_devkit.running_platform import RunningPlatform

from .checker import Before, Checker, Findings, Rows
from .request_load import Load

REST_SECONDS = 90.0


@dataclass
class Result:
    """One row of the table that the suite prints."""

    fault: str
    requests: int
    events: int
    lost: int
    duplicated: int
    unexpected: int
    slowest_event: Stall
    slowest_answer: Stall
    recovered_seconds: float
    turned_away: str


@dataclass(frozen=True)
class Stall:
    """How long something took at most, and how long it may take."""

    seconds: float
    within: float

    def __str__(self) -> str:
        return f"{self.seconds:.1f} of {self.within:g}"

    @property
    def too_long(self) -> bool:
        return self.seconds > self.within


@dataclass
class Trial:
    """One fault: the load that runs meanwhile, and when the fault was over."""

    name: str
    environment: TrialEnvironment
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


@dataclass
class TrialEnvironment:
    """A platform on which faults are tried. `database_url` leads past any proxy."""

    platform: RunningPlatform
    database_url: str
    results: list[Result]
    _seeds: Iterator[int] = field(default_factory=lambda: count(1))

    def release(self) -> None:
        """End what a failed trial may have left, so that it spoils none of the others."""

    # Trials

    @contextmanager
    def trial(
        self,
        name: str,
        *,
        events_within: float,
        answers_within: float,
        urls: Collection[str] = (),
        crashes: Collection[str] = (),
    ) -> Iterator[Trial]:
        """Post requests while the block runs; afterwards all must come to rest, and the checker
        must find nothing.

        Args:
            events_within: how many seconds the event of an acknowledged request may take to its
                effect in evaluation, however long the fault lasts.
            answers_within: how many seconds a client may wait for a response, be it a refusal.
            crashes: processes that the fault ends; any other that ends did so by itself, which is
                unexpected.
        """
        for child in self.platform.supervisor.children:
            child.restarts = 0
        with self._snapshot() as rows:
            before = Checker(rows).before()
        load = Load(self.platform, next(self._seeds), tuple(urls))
        trial = Trial(name, self, load)
        try:
            with load.running():
                trial.passed(5)
                yield trial
                trial.passed(5)
            self._judge(trial, before, crashes, events_within, answers_within)
        except BaseException:
            self.release()
            raise

    def _judge(
        self,
        trial: Trial,
        before: Before,
        crashes: Collection[str],
        events_within: float,
        answers_within: float,
    ) -> None:
        findings = self._at_rest(
            lambda checker: checker.findings(before, trial.load.entries, trial.poison)
        )
        recovered = trial.since_healed
        findings.unexpected += trial.load.unexplained
        findings.unexpected += self._crashed(crashes)
        event = Stall(findings.slowest_event_seconds, events_within)
        answer = Stall(trial.load.slowest_seconds, answers_within)
        self._record(trial, findings, event, answer, recovered)
        assert findings.clean, f"{trial.name}: {findings}"
        assert not event.too_long, f"{trial.name}: an event took {event} s to reach evaluation"
        assert not answer.too_long, f"{trial.name}: a client waited {answer} s for its answer"

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

    def _record(
        self, trial: Trial, findings: Findings, event: Stall, answer: Stall, recovered: float
    ) -> None:
        refusals = ", ".join(
            f"{reason} {times}" for reason, times in sorted(trial.load.failures.items())
        )
        counts = (len(findings.lost), len(findings.duplicated), len(findings.unexpected))
        self.results.append(
            Result(
                trial.name,
                trial.load.settled,
                findings.events,
                *counts,
                event,
                answer,
                recovered,
                refusals,
            )
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

    def die_at(self, name: str, place: str, times: int, how: str = "") -> None:
        """Start a process again, armed to die at a place once, and to go on afterwards.

        Args:
            how: `failpoints.RAISE` lets only the thread die that comes there; the process must
                notice and end by itself.
        """
        child = self.child(name)
        usual, before, restarts = child.environ, child.process, child.restarts
        assert before is not None
        child.environ = {**usual, failpoints.VARIABLE: f"{place}:{times}:{how}"}
        try:
            before.terminate()
            before.wait(40)
            # It may come to the place before it is ready, and is not to be armed a second time.
            eventually(lambda: child.restarts > restarts and child.process is not None)
        finally:
            child.environ = usual
        armed, restarts = child.process, child.restarts
        assert armed is not None

        def has_died() -> bool:
            return armed.poll() is not None

        eventually(has_died, seconds=40)
        killed = armed.returncode == -signal.SIGKILL
        assert armed.returncode > 0 if how else killed, child.end_of_log()
        self.platform.await_restart(name, restarts)

    # The database

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Read past the proxy."""
        with self._snapshot() as rows:
            return rows(sql, *values)

    def one(self, sql: str, *values: Any) -> Any:
        return self.rows(sql, *values)[0][0]
