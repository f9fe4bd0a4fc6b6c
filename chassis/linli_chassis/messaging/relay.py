"""The relay: publishes the outbox of one service, in order, and marks what the bus has confirmed.

One relay per service publishes at a time, held by an advisory lock on the connection it reads and
marks with: if that connection is lost, so is the lock, and a standby takes over. What was confirmed
but not marked is published again; the inboxes know it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from time import monotonic, perf_counter
from typing import Any

import sqlalchemy as sa
import structlog

from linli_chassis.messaging import outbox, retry
from linli_chassis.messaging.publisher import BusUnavailable, Publisher
from linli_chassis.messaging.retention import Retention, purge
from linli_chassis.observability import logs, metrics, watchdog
from linli_chassis.process import failpoints
from linli_chassis.storage.database import is_canceled, is_unavailable

log = structlog.get_logger(__name__)

BATCH = 500
_IDLE_SECONDS = 1.0  # a commit wakes the relay at once; this bounds the cost of a lost wake-up
_BUSY_SECONDS = 0.02  # how often a relay looks that found events in the last second
_STANDBY_SECONDS = 1.0
_PURGE_SECONDS = 60.0
_MORE_SECONDS = 1.0  # so that deleting much does not hold publishing up

TAKE_OVER_SECONDS = 10
"""How long a relay that is frozen or cut off from the database keeps its lock from a standby. One
that works runs a query every second, and every `KEEP_SESSION_SECONDS` while it waits for the bus.
"""
SINGLE_SESSION = {
    "idle_session_timeout": f"{TAKE_OVER_SECONDS}s",
    "tcp_user_timeout": f"{TAKE_OVER_SECONDS}s",  # cut off while it was sent rows
}

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
        self._engine, self.service, self._publisher = engine, service, publisher
        self._retention = retention
        self._stopping = threading.Event()
        self._wait = wait or self._stopping.wait
        self._next_purge_at = 0.0
        self._busy_until = 0.0
        for counter in (metrics.relay_published, metrics.relay_waits):
            counter.labels(service)  # shown as 0 from the start, so that the first is an increase

    def stop(self) -> None:
        """Ask the relay to leave after the batch in hand; may be called from another thread."""
        self._stopping.set()
        self._publisher.abort_pending()

    def run(self) -> None:
        """Work until stopped; waits while the database or the bus is unavailable."""
        with watchdog.watched(self.service, "relay"):
            self._run()
        metrics.relay_active.labels(self.service).set(0)
        self._publisher.close()

    def _run(self) -> None:
        backoff = retry.reconnecting()
        while not self._stopping.is_set():
            self._note_loop(active=False)
            backoff.begin()
            try:
                self._work()
            except Exception as error:
                is_away = is_unavailable(error) or is_canceled(error)
                if not (isinstance(error, BusUnavailable) or is_away):
                    raise
                pause = backoff.pause()
                metrics.relay_waits.labels(self.service).inc()
                log.warning(
                    "relay waits",
                    service=self.service,
                    error=str(error).splitlines()[0],
                    seconds=pause,
                )
                self._wait(pause)

    def _work(self) -> None:
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            try:
                while not self._stopping.is_set():
                    self._note_loop(active=False)
                    if connection.execute(_LOCK, {"key": f"relay {self.service}"}).scalar():
                        self._publish_all(connection)
                    else:
                        self._wait(_STANDBY_SECONDS)
            finally:
                # The lock belongs to the session, which must not go back to the pool with it.
                connection.invalidate()

    def _publish_all(self, connection: sa.Connection) -> None:
        log.info("relay publishes", service=self.service)
        connection.execute(sa.text(f"LISTEN {outbox.channel_of(self.service)}"))
        while not self._stopping.is_set():
            self._note_loop(active=True)
            # Each commit of a writer adds one; what came before is covered by the next query.
            _driver(connection).notifies.clear()
            self._publisher.maintain(connection)
            self._housekeeping(connection)
            if self.publish_batch(connection):
                self._busy_until = monotonic() + _IDLE_SECONDS
            else:
                self._await_news(connection)

    def publish_batch(self, connection: sa.Connection) -> int:
        """Publish up to `BATCH` rows; returns how many were confirmed and marked.

        Raises `BusUnavailable`.
        """
        rows = outbox.pending(connection, BATCH)
        if not rows:
            return 0
        began = perf_counter()
        confirmed = self._publisher.publish(connection, rows)
        failpoints.reached(failpoints.AFTER_CONFIRM)
        metrics.relay_confirm_seconds.labels(self.service).observe(perf_counter() - began)
        outbox.mark_published(connection, confirmed)
        metrics.relay_published.labels(self.service).inc(len(confirmed))
        self._log_published(rows, confirmed)
        if len(confirmed) < len(rows):
            raise BusUnavailable(
                f"{len(rows) - len(confirmed)} of {len(rows)} events were not taken over"
            )
        return len(confirmed)

    def _note_loop(self, *, active: bool) -> None:
        metrics.relay_active.labels(self.service).set(active)
        metrics.relay_last_loop_at.labels(self.service).set_to_current_time()
        watchdog.note_turn()

    def _log_published(self, rows: Sequence[outbox.OutboxRow], confirmed: Sequence[int]) -> None:
        seqs = set(confirmed)
        logs.events("events published", self.service, [row for row in rows if row.seq in seqs])

    def _await_news(self, connection: sa.Connection) -> None:
        driver = _driver(connection)
        driver.poll()
        if not driver.notifies:
            busy = monotonic() < self._busy_until
            self._publisher.wait(driver.fileno(), _BUSY_SECONDS if busy else _IDLE_SECONDS)
            driver.poll()

    def _housekeeping(self, connection: sa.Connection) -> None:
        if monotonic() >= self._next_purge_at:
            more = purge(connection, self._retention)
            self._next_purge_at = monotonic() + (_MORE_SECONDS if more else _PURGE_SECONDS)


def _driver(connection: sa.Connection) -> Any:
    driver = connection.connection.driver_connection
    assert driver is not None  # noqa: S101  # an open connection has one
    return driver
