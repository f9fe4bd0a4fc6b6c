"""Taking messages one by one: reading, handing over, trying again, setting aside. Nothing is
acknowledged before.
"""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain, repeat
from uuid import UUID

from linli_contracts.envelope import Event, UnreadableEvent, decode

from linli_client.events.connection import Delivery, Link, LinkLost
from linli_client.events.names import Wanted
from linli_client.events.persistence import Quarantined
from linli_client.events.sources import Feed

log = logging.getLogger("linli.subscriber")

_LOOK_SECONDS = 0.5  # how late a stop that comes while nothing happens may be seen
_PROMPT_SECONDS = (
    0.05  # most handlers are done sooner, and the connection can do without us so long
)
_NOT_NOW_SECONDS = (1.0, 2.0, 5.0, 10.0, 30.0)
_REMEMBERED = 1000


class NotNow(Exception):
    """Raised by a handler that cannot take any event now, for its own database is away, say.

    The event is tried again until it is taken, however long that lasts; nothing else is handed over
    meanwhile.
    """


class _Stopped(Exception):
    """The subscriber was told to stop while an event waited to be tried again; it stays with the
    broker.
    """


@dataclass
class Taking:
    """Takes messages from one link after the other.

    `start` starts the handler in a thread of its own, so that this one can keep the connection
    alive meanwhile.
    """

    feed: Feed
    wanted: Wanted
    start: Callable[[Event], Future[object]]
    quarantine: Callable[[Quarantined], object]
    retry_seconds: Sequence[float]
    is_stopping: Callable[[], bool]
    _handled: OrderedDict[UUID, None] = field(default_factory=OrderedDict)

    def run(self, link: Link) -> None:
        """Take what comes until told to stop. Raises `LinkLost` or `Refused`."""
        try:
            while not self.is_stopping():
                if link.waiting:
                    self._take(link, link.waiting.popleft())
                else:
                    link.serve(_LOOK_SECONDS)
        except _Stopped:
            return

    def _take(self, link: Link, delivery: Delivery) -> None:
        was_wanted = self.wanted.matches(delivery.routing_key)
        if was_wanted:
            self._read(link, delivery)
        self.feed.done(delivery, was_wanted=was_wanted)
        link.acknowledge(delivery)

    def _read(self, link: Link, delivery: Delivery) -> None:
        try:
            event = decode(delivery.message)
        except UnreadableEvent as error:
            self._set_aside(link, delivery, f"unreadable: {error}", attempts=0)
            return
        if (
            event.id not in self._handled
        ):  # handled, but the connection broke before the broker knew
            self._handle(link, delivery, event)

    def _handle(self, link: Link, delivery: Delivery, event: Event) -> None:
        for attempt, pause in enumerate((*self.retry_seconds, None), start=1):
            error = self._call_when_possible(link, event)
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
                self._pause(link, pause)
        reason = f"the handler failed: {type(error).__name__}: {error}"
        self._set_aside(link, delivery, reason, attempts=len(self.retry_seconds) + 1)

    def _call_when_possible(self, link: Link, event: Event) -> Exception | None:
        for pause in chain(_NOT_NOW_SECONDS, repeat(_NOT_NOW_SECONDS[-1])):
            error = self._call(link, event)
            if not isinstance(error, NotNow):
                return error
            log.warning(
                "not now: %s; trying %s %s again in %g s", error, event.type, event.id, pause
            )
            self._pause(link, pause)
        raise AssertionError("unreachable")

    def _call(self, link: Link, event: Event) -> Exception | None:
        """Run the handler; what it raised, or None."""
        running = self.start(event)
        wait([running], _PROMPT_SECONDS)
        running.add_done_callback(lambda _: link.wake())
        try:
            while not running.done():
                link.serve(_LOOK_SECONDS)
        except LinkLost:
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
        if len(self._handled) > _REMEMBERED:
            self._handled.popitem(last=False)

    def _set_aside(self, link: Link, delivery: Delivery, reason: str, *, attempts: int) -> None:
        found = Quarantined(
            delivery.message, delivery.routing_key, reason, attempts, datetime.now(UTC)
        )
        for pause in chain(_NOT_NOW_SECONDS, repeat(_NOT_NOW_SECONDS[-1])):
            try:
                self.quarantine(found)
            except Exception:
                log.exception(
                    "cannot set %s aside; trying again in %g s", delivery.routing_key, pause
                )
                self._pause(link, pause)
            else:
                log.error("set %s aside: %s", delivery.routing_key, reason)
                return

    def _pause(self, link: Link, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            if self.is_stopping():
                raise _Stopped
            link.serve(min(left, _LOOK_SECONDS))
        if self.is_stopping():
            raise _Stopped
