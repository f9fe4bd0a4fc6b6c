"""Where messages come from: a queue, which forgets what was handled, or a stream, which is read."""

from __future__ import annotations

import logging
import time
from datetime import datetime
from typing import Protocol

from linli_client.events.connection import BrokerConnection, Delivery
from linli_client.events.names import LOG, QUEUE_ARGUMENTS, Wanted, log_of, queue_of
from linli_client.events.persistence import Position

log = logging.getLogger("linli.subscriber")

Since = datetime | int | str
_SAVE_SECONDS = 1.0


class Source(Protocol):
    """A queue or stream of messages on the broker."""

    def open(self, connection: BrokerConnection) -> None:
        """Start consuming. Raises `Refused` or `ConnectionLost`."""

    def done(self, delivery: Delivery, *, was_wanted: bool) -> None:
        """Note that a message needs not come again; called before it is acknowledged."""

    def close(self) -> None:
        """Note what is not noted yet."""


class QueueSource:
    """The live events: a quorum queue, which keeps what comes while nobody is connected."""

    def __init__(self, name: str, wanted: Wanted) -> None:
        self._queue, self._keys = queue_of(name), wanted.keys

    def open(self, connection: BrokerConnection) -> None:
        connection.bind(self._queue, self._keys, QUEUE_ARGUMENTS)
        connection.consume(self._queue)

    def done(self, delivery: Delivery, *, was_wanted: bool) -> None: ...

    def close(self) -> None: ...


class StreamSource:
    """A stream that is read from a place on: the subscriber's own, else that of the district."""

    def __init__(self, name: str, since: Since, position: Position) -> None:
        self._own, self._since, self._position = log_of(name), since, position
        self._stream = ""
        self._read: int | None = None  # offset of the last message that needs not come again
        self._expected: int | None = None
        self._saved_at = 0.0

    def open(self, connection: BrokerConnection) -> None:
        """See `Source`. Raises `ValueError` for a position in another log."""
        self._stream = self._own if connection.exists(self._own) else LOG
        if self._read is None:
            self._read = self._saved_offset()
        self._expected = None if self._read is None else self._read + 1
        connection.consume(
            self._stream,
            {"x-stream-offset": self._since if self._expected is None else self._expected},
        )

    def done(self, delivery: Delivery, *, was_wanted: bool) -> None:
        assert delivery.offset is not None  # noqa: S101  # a stream gives each message its own
        if self._expected is not None and delivery.offset > self._expected:
            log.error(
                "%s: offsets %d to %d are no longer kept",
                self._stream,
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
        self._position.save(self._stream, self._read)
        self._saved_at = time.monotonic()

    def _saved_offset(self) -> int | None:
        position = self._position.load()
        if position is None:
            return None
        stream, offset = position
        if stream != self._stream:
            raise ValueError(
                f"the position kept is one of {stream}, but {self._stream} is read now; "
                "begin with a new one"
            )
        return offset


def check_since(since: Since) -> Since:
    """The place itself. Raises `ValueError` for one that no stream has."""
    if isinstance(since, datetime) and since.tzinfo is None:
        raise ValueError(f"since={since!r} has no offset from UTC")
    if isinstance(since, str) and since != "first":
        raise ValueError(f"since={since!r} is neither a time, nor an offset, nor 'first'")
    if isinstance(since, int) and since < 0:
        raise ValueError(f"since={since!r}: offsets begin at 0")
    return since
