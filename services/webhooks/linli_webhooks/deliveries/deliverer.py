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

from linli_webhooks import metrics, store
from linli_webhooks.schedule import pause_before
from linli_webhooks.sending import Outcome, send

if TYPE_CHECKING:
    from linli_webhooks.settings import WebhookSettings

log = structlog.get_logger(__name__)

_IDLE_SECONDS = 1.0  # news comes at once; this bounds how late a second attempt may be
_PURGE_SECONDS = 3600.0
_GONE = "410 Gone"
_SILENT = "nothing was taken on the whole schedule"


class Deliverer:
    """Delivers until `stop` is called. Several may work on one database at a time."""

    def __init__(self, engine: sa.Engine, settings: WebhookSettings) -> None:
        self._engine, self._settings, self._keyring = engine, settings, settings.keyring
        self._news = threading.Event()
        self._stopping = False
        self._lock = threading.Lock()
        self._busy: Counter[UUID] = Counter()
        self._next_purge_at = 0.0

    def wake(self) -> None:
        """Look at once whether something is due."""
        self._news.set()

    def stop(self) -> None:
        """Let `run` return once the attempts under way have ended."""
        self._stopping = True
        self._news.set()

    def run(self) -> None:
        """Work until stopped; a database that is away is waited for."""
        with ThreadPoolExecutor(self._settings.concurrency, thread_name_prefix="delivery") as pool:
            while not self._stopping:
                metrics.turned_at.set_to_current_time()
                try:
                    began = self._begin(pool)
                    self._purge()
                except sa.exc.SQLAlchemyError as error:
                    if not is_unavailable(error):
                        raise
                    log.warning("webhooks wait for the database", error=type(error).__name__)
                    began = 0
                if not began:
                    self._news.wait(_IDLE_SECONDS)
                self._news.clear()

    def _begin(self, pool: ThreadPoolExecutor) -> int:
        with self._lock:
            free = self._settings.concurrency - self._busy.total()
            busy = json.dumps(
                {str(endpoint_id): count for endpoint_id, count in self._busy.items()}
            )
        if free <= 0:
            return 0
        with self._engine.begin() as connection:
            claimed = store.claim(connection, free, self._settings.concurrency_per_endpoint, busy)
        for one in claimed:
            with self._lock:
                self._busy[one.endpoint_id] += 1
            pool.submit(self._attempt, one)
        return len(claimed)

    def _attempt(self, one: store.Claimed) -> None:
        try:
            outcome = self._send(one)
            with self._engine.begin() as connection:
                self._note(connection, one, outcome)
        except Exception as error:
            # Its lease ends, and then it is attempted again.
            log.error("a delivery could not be noted", event_id=str(one.event_id), exc_info=error)
        finally:
            with self._lock:
                self._busy[one.endpoint_id] -= 1
                self._busy += Counter()  # without those at 0
            self._news.set()

    def _send(self, one: store.Claimed) -> Outcome:
        try:
            secret = self._keyring.decrypt(one.secret, str(one.endpoint_id))
        except CryptoError as error:
            return Outcome(error=f"the secret cannot be read: {error}")
        return send(
            one.url,
            secret,
            one.event_id,
            one.body,
            allow_http=one.allow_http,
            allow_private=one.allow_private,
        )

    def _note(self, connection: sa.Connection, one: store.Claimed, outcome: Outcome) -> None:
        about = {
            "endpoint_id": str(one.endpoint_id),
            "event_id": str(one.event_id),
            "attempt": one.attempts + 1,
        }
        if outcome.delivered and outcome.status is not None:
            store.succeeded(connection, one, outcome.status)
            metrics.deliveries.labels(metrics.DELIVERED).inc()
            log.info("delivered", **about)
            return
        pause = None if outcome.gone else pause_before(one.attempts + 1, random.random())  # noqa: S311  # spreads load
        store.failed(connection, one, outcome.status, outcome.error, pause)
        metrics.deliveries.labels(metrics.FAILED if pause else metrics.GIVEN_UP).inc()
        log.warning("not delivered", status=outcome.status, error=outcome.error, **about)
        if outcome.gone:
            disabled, reason = store.disable(connection, one.endpoint_id, _GONE), _GONE
        else:
            disabled, reason = (
                pause is None and store.disable_silent(connection, one, _SILENT),
                _SILENT,
            )
        if disabled:
            log.error("endpoint disabled", endpoint_id=str(one.endpoint_id), reason=reason)

    def _purge(self) -> None:
        if time.monotonic() < self._next_purge_at:
            return
        with self._engine.begin() as connection:
            store.purge(connection, self._settings.keep_days)
        self._next_purge_at = time.monotonic() + _PURGE_SECONDS
