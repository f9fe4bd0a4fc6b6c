"""The relay: publishes the outbox of one service, in order, and marks what the bus has confirmed.

One relay per service publishes at a time, held by an advisory lock on the connection it reads and
marks with: if that connection is lost, so is the lock, and a standby takes over. What was confirmed
but not marked is published again; the inboxes know it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from time import monotonic, perf_counter

import sqlalchemy as sa
import structlog

from linli_chassis.messaging import outbox
from linli_chassis.messaging.publisher import BusUnavailable, Publisher
from linli_chassis.messaging.retention import Retention, purge
from linli_chassis.observability import logs, metrics
from linli_chassis.process import failpoints
from linli_chassis.storage.database import is_unavailable

log = structlog.get_logger(__name__)

BATCH = 500
_IDLE_SECONDS = (
    1.0  # a commit wakes the relay at once; this only bounds what a lost wake-up can cost
)
_STANDBY_SECONDS = 1.0
_BACKOFF_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)
_PURGE_SECONDS = 60.0
_MORE_SECONDS = 1.0  # so that deleting much does not hold publishing up

SINGLE_SESSION = {"idle_session_timeout": "45s"}
"""How long a relay that stands still keeps its lock from a standby. One at work asks something
every second, or waits for confirms no longer than this."""

_LOCK = sa.text("SELECT pg_try_advisory_lock(hashtextextended(:key, 0))")


class Relay:
    """Moves events from the outbox of `service` to the bus until `stop` is called."""

    def __init__(
        self,
        engine: sa.Engine,
        service: str,
        publisher: Publisher,
        *,
        retention: Retention,
        wait: Callable[[float], object] | None = None,
    ) -> None:
        self._engine, self._service, self._publisher = engine, service, publisher
        self._retention = retention
        self._stopping = threading.Event()
        self._wait = wait or self._stopping.wait
        self._next_purge_at = 0.0
        for counter in (metrics.relay_published, metrics.relay_waits):
            counter.labels(
                service
            )  # zero is told from the start, so that the first of them is an increase

    def stop(self) -> None:
        """Ask the relay to leave after the batch in hand; may be called from a signal handler."""
        self._stopping.set()
        self._publisher.hurry()

    def run(self) -> None:
        """Work until stopped; a database or a bus that is away is waited for."""
        failures = 0
        while not self._stopping.is_set():
            self._turned(active=False)
            began = monotonic()
            try:
                self._work()
            except Exception as error:
                if not (isinstance(error, BusUnavailable) or is_unavailable(error)):
                    raise
                failures = 0 if monotonic() - began > _PURGE_SECONDS else failures
                pause = _BACKOFF_SECONDS[min(failures, len(_BACKOFF_SECONDS) - 1)]
                failures += 1
                metrics.relay_waits.labels(self._service).inc()
                log.warning(
                    "relay waits",
                    service=self._service,
                    error=str(error).splitlines()[0],
                    seconds=pause,
                )
                self._wait(pause)
        metrics.relay_active.labels(self._service).set(0)
        self._publisher.close()

    def _work(self) -> None:
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            try:
                while not self._stopping.is_set():
                    self._turned(active=False)
                    if connection.execute(_LOCK, {"key": f"relay {self._service}"}).scalar():
                        self._publish_all(connection)
                    else:
                        self._wait(_STANDBY_SECONDS)
            finally:
                # The lock belongs to the session, so the session must not go back to the pool with
                # it.
                connection.invalidate()

    def _publish_all(self, connection: sa.Connection) -> None:
        log.info("relay publishes", service=self._service)
        connection.execute(sa.text(f"LISTEN {outbox.channel_of(self._service)}"))
        while not self._stopping.is_set():
            self._turned(active=True)
            self._publisher.look_after(connection)
            self._housekeeping(connection)
            if not self.publish_batch(connection):
                self._await_news(connection)

    def publish_batch(self, connection: sa.Connection) -> int:
        """Publish up to `BATCH` rows; returns how many were confirmed and marked. Raises `BusUnavailable`."""
        rows = outbox.pending(connection, BATCH)
        if not rows:
            return 0
        began = perf_counter()
        confirmed = self._publisher.publish(connection, rows)
        failpoints.reached(failpoints.AFTER_CONFIRM)
        metrics.relay_confirm_seconds.labels(self._service).observe(perf_counter() - began)
        outbox.mark_published(connection, confirmed)
        metrics.relay_published.labels(self._service).inc(len(confirmed))
        self._say(rows, confirmed)
        if len(confirmed) < len(rows):
            raise BusUnavailable(
                f"{len(rows) - len(confirmed)} of {len(rows)} events were not taken over"
            )
        return len(confirmed)

    def _turned(self, *, active: bool) -> None:
        metrics.relay_active.labels(self._service).set(active)
        metrics.relay_turned_at.labels(self._service).set_to_current_time()

    def _say(self, rows: Sequence[outbox.OutboxRow], confirmed: Sequence[int]) -> None:
        safe = set(confirmed)
        logs.events("events published", self._service, [row for row in rows if row.seq in safe])

    def _await_news(self, connection: sa.Connection) -> None:
        driver = connection.connection.driver_connection
        assert driver is not None  # noqa: S101  # an open connection has one
        driver.poll()
        if not driver.notifies:
            self._publisher.wait(driver.fileno(), _IDLE_SECONDS)
            driver.poll()
        driver.notifies.clear()

    def _housekeeping(self, connection: sa.Connection) -> None:
        if monotonic() >= self._next_purge_at:
            more = purge(connection, self._retention)
            self._next_purge_at = monotonic() + (_MORE_SECONDS if more else _PURGE_SECONDS)
