"""Where a subscriber's messages come from: its queue, which forgets what was handled, or a log,
which it only reads.
"""

from __future__ import annotations

import logging
import time
from datetime import datetime
from typing import Protocol

from linli_client.events.connection import Delivery, Link
from linli_client.events.names import LOG, QUEUE_ARGUMENTS, Wanted, log_of, queue_of
from linli_client.events.persistence import Position

log = logging.getLogger("linli.subscriber")

Since = datetime | int | str
_SAVE_SECONDS = 1.0


class Feed(Protocol):
    """A source of messages on the broker."""

    def open(self, link: Link) -> None:
        """Let its messages come. Raises `Refused` or `LinkLost`."""

    def done(self, delivery: Delivery, *, was_wanted: bool) -> None:
        """Note that a message needs not come again; called before the broker is told."""

    def close(self) -> None:
        """Note what is not noted yet."""


class QueueFeed:
    """The live events: a quorum queue, which keeps what comes while nobody is connected."""

    def __init__(self, name: str, wanted: Wanted) -> None:
        self._queue, self._keys = queue_of(name), wanted.keys

    def open(self, link: Link) -> None:
        link.bind(self._queue, self._keys, QUEUE_ARGUMENTS)
        link.consume(self._queue)

    def done(self, delivery: Delivery, *, was_wanted: bool) -> None: ...

    def close(self) -> None: ...


class LogFeed:
    """A log that is read from a place on: the subscriber's own where it has one, else that of the
    district.
    """

    def __init__(self, name: str, since: Since, position: Position) -> None:
        self._own, self._since, self._position = log_of(name), since, position
        self._log = ""
        self._read: int | None = None  # offset of the last message that needs not come again
        self._expected: int | None = None
        self._saved_at = 0.0

    def open(self, link: Link) -> None:
        """See `Feed`. Raises `ValueError` for a position in another log."""
        self._log = self._own if link.exists(self._own) else LOG
        if self._read is None:
            self._read = self._kept()
        self._expected = None if self._read is None else self._read + 1
        link.consume(
            self._log,
            {"x-stream-offset": self._since if self._expected is None else self._expected},
        )

    def done(self, delivery: Delivery, *, was_wanted: bool) -> None:
        assert delivery.offset is not None  # noqa: S101  # a log gives each message its own
        if self._expected is not None and delivery.offset > self._expected:
            log.error(
                "%s: offsets %d to %d are no longer kept",
                self._log,
                self._expected,
                delivery.offset - 1,
            )
        self._expected, self._read = None, delivery.offset
        if was_wanted or time.monotonic() - self._saved_at > _SAVE_SECONDS:
            self._save()

    def close(self) -> None:
        if self._read is not None:
            self._save()

    def _save(self) -> None:
        assert self._read is not None  # noqa: S101  # only what was read is saved
        self._position.save(self._log, self._read)
        self._saved_at = time.monotonic()

    def _kept(self) -> int | None:
        kept = self._position.load()
        if kept is None:
            return None
        if kept[0] != self._log:
            raise ValueError(
                f"the position kept is one of {kept[0]}, but {self._log} is read now; begin with a new one"
            )
        return kept[1]


def check_since(since: Since) -> Since:
    """The place itself. Raises `ValueError` for one that a log does not know."""
    if isinstance(since, datetime) and since.tzinfo is None:
        raise ValueError(f"since={since!r} has no offset from UTC")
    if isinstance(since, str) and since != "first":
        raise ValueError(f"since={since!r} is neither a time, nor an offset, nor 'first'")
    if isinstance(since, int) and since < 0:
        raise ValueError(f"since={since!r}: offsets begin at 0")
    return since
