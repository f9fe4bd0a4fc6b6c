"""The entrypoint for work that a service does by itself every so often."""

from __future__ import annotations

from typing import Any

import eventlet
import sqlalchemy as sa
import structlog
from eventlet.event import Event as Signal
from nameko.extensions import Entrypoint

from linli_chassis.messaging.subscriptions import run_worker
from linli_chassis.observability import watchdog
from linli_chassis.storage.database import is_canceled, is_conflict, is_unavailable

log = structlog.get_logger(__name__)

_ONE_AT_A_TIME = sa.text("SELECT pg_try_advisory_xact_lock(hashtextextended(:key, 0))")


class Timer(Entrypoint):
    """Calls a service method `(uow)` every `seconds`, on one replica at a time.

    Each call is a transaction of its own. An error rolls it back and is logged; the timer goes on.
    """

    def __init__(self, seconds: float, **options: Any) -> None:
        self.seconds = seconds
        super().__init__(**options)

    def setup(self) -> None:
        """Prepare to be stopped."""
        self._stopping = Signal()
        self._loop: Any = None

    def start(self) -> None:
        """Start the rounds, unless tests fire them."""
        if not self.container.config["idle"]:
            self._loop = self.container.spawn_managed_thread(self._rounds)

    def stop(self) -> None:
        """Let the current round end."""
        if not self._stopping.ready():
            self._stopping.send(None)
        if self._loop is not None:
            self._loop.wait()

    def fire(self) -> bool:
        """Do one round; False when another replica is doing it."""
        runtime = self.container.config["runtime"]
        with runtime.unit_of_work() as uow:
            key = f"{runtime.service} {self.method_name}"
            if not uow.connection.execute(_ONE_AT_A_TIME, {"key": key}).scalar():
                return False
            run_worker(self, uow)
        return True

    def _rounds(self) -> None:
        service = self.container.config["runtime"].service
        with watchdog.watched(service, self.method_name):
            self._rounds_until_stopped()

    def _rounds_until_stopped(self) -> None:
        while not self._stopping.ready():
            watchdog.note_turn(within=self.seconds)
            with eventlet.Timeout(self.seconds, False):
                self._stopping.wait()
                return
            watchdog.note_turn()
            try:
                self.fire()
            except Exception as error:
                if is_unavailable(error) or is_conflict(error) or is_canceled(error):
                    log.warning(
                        "timer round put off",
                        timer=self.method_name,
                        error=str(error).splitlines()[0],
                    )
                else:
                    log.exception("timer round failed", timer=self.method_name)


every = Timer.decorator
