"""Delivering what is due: a pool of threads, a schedule for what fails, and the end for endpoints
that are gone.
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from uuid import UUID

import sqlalchemy as sa
import structlog
from linli_chassis.storage.crypto import CryptoError
from linli_chassis.storage.database import is_unavailable

from linli_webhooks import metrics
from linli_webhooks.deliveries.commands import Claimed, claim, mark_delivered, mark_failed, purge
from linli_webhooks.deliveries.schedule import pause_before
from linli_webhooks.deliveries.sending import Outcome, send
from linli_webhooks.endpoints import disable, disable_if_silent

if TYPE_CHECKING:
    from linli_webhooks.settings import WebhookSettings

log = structlog.get_logger(__name__)

_POLL_SECONDS = 1.0  # new events wake at once; this bounds how late a second attempt may be
_PURGE_SECONDS = 3600.0
_GONE = "410 Gone"
_SILENT = "nothing was taken on the whole schedule"


class Deliverer:
    """Delivers until `stop` is called. Several may work on one database at a time."""

    def __init__(self, engine: sa.Engine, settings: WebhookSettings) -> None:
        self._engine, self._settings, self._keyring = engine, settings, settings.keyring
        self._woken = threading.Event()
        self._stopping = False
        self._lock = threading.Lock()
        self._under_way: Counter[UUID] = Counter()
        self._next_purge_at = 0.0

    def wake(self) -> None:
        """Look at once whether something is due."""
        self._woken.set()

    def stop(self) -> None:
        """Let `run` return once the attempts under way have ended."""
        self._stopping = True
        self._woken.set()

    def run(self) -> None:
        """Work until stopped; a database that is away is waited for."""
        with ThreadPoolExecutor(self._settings.concurrency, thread_name_prefix="delivery") as pool:
            while not self._stopping:
                metrics.last_loop_at.set_to_current_time()
                try:
                    begun = self._begin(pool)
                    self._purge()
                except sa.exc.SQLAlchemyError as error:
                    if not is_unavailable(error):
                        raise
                    log.warning("webhooks wait for the database", error=type(error).__name__)
                    begun = 0
                if not begun:
                    self._woken.wait(_POLL_SECONDS)
                self._woken.clear()

    def _begin(self, pool: ThreadPoolExecutor) -> int:
        """Begin attempts at what is due, as many as are free; how many."""
        with self._lock:
            free = self._settings.concurrency - self._under_way.total()
            under_way = json.dumps({str(one): count for one, count in self._under_way.items()})
        if free <= 0:
            return 0
        with self._engine.begin() as connection:
            per_endpoint = self._settings.concurrency_per_endpoint
            due = claim(connection, free, per_endpoint, under_way)
        for claimed in due:
            with self._lock:
                self._under_way[claimed.endpoint_id] += 1
            pool.submit(self._attempt, claimed)
        return len(due)

    def _attempt(self, claimed: Claimed) -> None:
        try:
            outcome = self._send(claimed)
            with self._engine.begin() as connection:
                self._record(connection, claimed, outcome)
        except Exception as error:
            # Its lease ends, and then it is attempted again.
            event_id = str(claimed.event_id)
            log.error("a delivery could not be noted", event_id=event_id, exc_info=error)
        finally:
            with self._lock:
                self._under_way[claimed.endpoint_id] -= 1
                self._under_way += Counter()  # without those at 0
            self._woken.set()

    def _send(self, claimed: Claimed) -> Outcome:
        try:
            secret = self._keyring.decrypt(claimed.secret, str(claimed.endpoint_id))
        except CryptoError as error:
            return Outcome(error=f"the secret cannot be read: {error}")
        return send(
            claimed.url,
            secret,
            claimed.event_id,
            claimed.body,
            allow_http=claimed.allow_http,
            allow_private=claimed.allow_private,
        )

    def _record(self, connection: sa.Connection, claimed: Claimed, outcome: Outcome) -> None:
        entry = log.bind(
            endpoint_id=str(claimed.endpoint_id),
            event_id=str(claimed.event_id),
            attempt=claimed.attempts + 1,
        )
        if outcome.delivered and outcome.status is not None:
            mark_delivered(connection, claimed, outcome.status)
            metrics.deliveries.labels(metrics.DELIVERED).inc()
            entry.info("delivered")
            return
        chance = random.random()  # noqa: S311  # spreads load
        pause = None if outcome.gone else pause_before(claimed.attempts + 1, chance)
        mark_failed(connection, claimed, outcome.status, outcome.error, pause)
        metrics.deliveries.labels(metrics.FAILED if pause else metrics.GIVEN_UP).inc()
        entry.warning("not delivered", status=outcome.status, error=outcome.error)
        if pause is None:
            self._disable(connection, claimed, gone=outcome.gone)

    def _disable(self, connection: sa.Connection, claimed: Claimed, *, gone: bool) -> None:
        """Disable an endpoint that is gone, or that took nothing on the whole schedule."""
        endpoint_id, reason = claimed.endpoint_id, _GONE if gone else _SILENT
        if gone:
            disabled = disable(connection, endpoint_id, reason)
        else:
            disabled = disable_if_silent(connection, endpoint_id, claimed.event_id, reason)
        if disabled:
            log.error("endpoint disabled", endpoint_id=str(endpoint_id), reason=reason)

    def _purge(self) -> None:
        if time.monotonic() < self._next_purge_at:
            return
        with self._engine.begin() as connection:
            purge(connection, self._settings.keep_days)
        self._next_purge_at = time.monotonic() + _PURGE_SECONDS
