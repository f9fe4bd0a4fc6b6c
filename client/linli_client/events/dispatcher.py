"""Dispatching messages one by one: decode, handle, retry, quarantine; only then acknowledge."""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from linli_contracts.envelope import Event, UnreadableEvent, decode
from linli_kernel.backoff import Backoff

from linli_client.events.connection import BrokerConnection, ConnectionLost, Delivery
from linli_client.events.names import Wanted
from linli_client.events.persistence import Quarantined
from linli_client.events.sources import Source

log = logging.getLogger("linli.subscriber")

_NOT_NOW_SECONDS = (1.0, 2.0, 5.0, 10.0, 30.0)
_POLL_SECONDS = 0.5  # how late a stop that comes while nothing happens may be seen
_PROMPT_SECONDS = 0.05  # most handlers are done sooner; the connection can wait so long
_REMEMBERED_IDS = 1000


class NotNow(Exception):
    """Raised by a handler that cannot take any event now, for its own database is away, say.

    The event is tried again until it is taken, however long that lasts; nothing else is handed over
    meanwhile.
    """


class _Stopped(Exception):
    """`stop` was called while an event waited to be tried again; it stays with the broker."""


@dataclass
class Dispatcher:
    """Dispatches the messages of one connection after the other.

    `start` starts the handler in a thread of its own, so that this one can keep the connection
    alive meanwhile.
    """

    source: Source
    wanted: Wanted
    start: Callable[[Event], Future[object]]
    quarantine: Callable[[Quarantined], object]
    retry_seconds: Sequence[float]
    is_stopping: Callable[[], bool]
    _handled: OrderedDict[UUID, None] = field(default_factory=OrderedDict)

    def run(self, connection: BrokerConnection) -> None:
        """Dispatch what comes until stopped. Raises `ConnectionLost` or `Refused`."""
        try:
            while not self.is_stopping():
                if connection.waiting:
                    self._dispatch(connection, connection.waiting.popleft())
                else:
                    connection.serve(_POLL_SECONDS)
        except _Stopped:
            return

    def _dispatch(self, connection: BrokerConnection, delivery: Delivery) -> None:
        was_wanted = self.wanted.matches(delivery.routing_key)
        if was_wanted:
            self._decode_and_handle(connection, delivery)
        self.source.done(delivery, was_wanted=was_wanted)
        connection.acknowledge(delivery)

    def _decode_and_handle(self, connection: BrokerConnection, delivery: Delivery) -> None:
        try:
            event = decode(delivery.message)
        except UnreadableEvent as error:
            self._put_in_quarantine(connection, delivery, f"unreadable: {error}", attempts=0)
            return
        # One that is known was handled, but the connection broke before the broker knew.
        if event.id not in self._handled:
            self._handle(connection, delivery, event)

    def _handle(self, connection: BrokerConnection, delivery: Delivery, event: Event) -> None:
        for attempt, pause in enumerate((*self.retry_seconds, None), start=1):
            error = self._call_when_possible(connection, event)
            if error is None:
                return
            log.warning(
                "the handler failed on %s %s, attempt %d",
                event.type,
                event.id,
                attempt,
                exc_info=error,
            )
            if pause is not None:
                self._pause(connection, pause)
        reason = f"the handler failed: {type(error).__name__}: {error}"
        self._put_in_quarantine(connection, delivery, reason, attempts=len(self.retry_seconds) + 1)

    def _call_when_possible(self, connection: BrokerConnection, event: Event) -> Exception | None:
        backoff = Backoff(_NOT_NOW_SECONDS)
        while isinstance(error := self._call(connection, event), NotNow):
            pause = backoff.pause()
            log.warning(
                "not now: %s; trying %s %s again in %g s", error, event.type, event.id, pause
            )
            self._pause(connection, pause)
        return error

    def _call(self, connection: BrokerConnection, event: Event) -> Exception | None:
        """Run the handler; what it raised, or None."""
        running = self.start(event)
        wait([running], _PROMPT_SECONDS)
        running.add_done_callback(lambda _: connection.wake())
        try:
            while not running.done():
                connection.serve(_POLL_SECONDS)
        except ConnectionLost:
            # It cannot be called off, and must not run twice at once.
            if running.exception() is None:
                self._remember(event)
            raise
        error = running.exception()
        if error is None:
            self._remember(event)
        elif not isinstance(error, Exception):
            raise error  # the handler wants the process to end
        return error

    def _remember(self, event: Event) -> None:
        self._handled[event.id] = None
        if len(self._handled) > _REMEMBERED_IDS:
            self._handled.popitem(last=False)

    def _put_in_quarantine(
        self, connection: BrokerConnection, delivery: Delivery, reason: str, *, attempts: int
    ) -> None:
        quarantined = Quarantined(
            delivery.message, delivery.routing_key, reason, attempts, datetime.now(UTC)
        )
        backoff = Backoff(_NOT_NOW_SECONDS)
        while True:
            try:
                self.quarantine(quarantined)
            except Exception:
                pause = backoff.pause()
                log.exception(
                    "cannot set %s aside; trying again in %g s", delivery.routing_key, pause
                )
                self._pause(connection, pause)
            else:
                log.error("set %s aside: %s", delivery.routing_key, reason)
                return

    def _pause(self, connection: BrokerConnection, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            if self.is_stopping():
                raise _Stopped
            connection.serve(min(left, _POLL_SECONDS))
        if self.is_stopping():
            raise _Stopped
