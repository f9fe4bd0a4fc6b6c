"""Recovers events that the stream has and the queue of a service never delivered.

A queue can be deleted, purged or unbound by hand, and a broker may drop what it has delivered too
often. A publisher cannot see any of that, for the stream has taken the event over. So the relay of
every service that subscribes events reads the stream, later than the queue, and puts what the inbox
does not know after a while into it. What it notices also shows when the topology is to be declared
again: events that are late though the queue is empty, events of its own that the stream did not
get, and a queue or a stream that is gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any
from uuid import UUID

import sqlalchemy as sa
import structlog
from linli_contracts.envelope import Message, UnreadableEvent, decode
from linli_contracts.registry import consumed_by

from linli_chassis.messaging.embedded_publisher import deliver
from linli_chassis.messaging.outbox import OutboxRow
from linli_chassis.messaging.topology import STREAM, queue_of

log = structlog.get_logger(__name__)

START_AT = "12h"
"""How far back a relay that starts reads; less than inboxes keep the ids of handled events."""
_ROUND_SECONDS = 1.0
_LATE_SECONDS = 5.0
_REOPEN_SECONDS = 5.0
_REFUSED_SECONDS = 300.0
_ACCESS_REFUSED = 403
# Also the most that is read in a round: this must not hold up publishing.
_PREFETCH = 500
_MAX_HELD = 2_000

_NO_LONG_WAIT = sa.text("SET lock_timeout = '1s'")
_WAIT_AGAIN = sa.text("RESET lock_timeout")
_LOCKED = "55P03"

_UNKNOWN = sa.text("""
    SELECT id FROM unnest(CAST(:ids AS uuid[])) AS t(id)
    WHERE NOT EXISTS (SELECT FROM inbox WHERE event_id = id)""")


@dataclass(frozen=True, slots=True)
class _StreamEvent:
    """An event that the stream has; `read_at` is of the monotonic clock."""

    message: Message
    read_at: float


class GapRecovery:
    """Compares the stream with the inbox of one service, over the connection of its relay.

    All calls of the broker are asynchronous: it replies while the relay runs the connection's loop
    for other reasons.
    """

    def __init__(self, service: str) -> None:
        self._service = service
        self._types = {entry.name for entry in consumed_by(service)}
        self._next_round_at = 0.0
        self._amqp: Any = None
        self._reset()

    def _reset(self) -> None:
        """Begin anew, on a channel that is not there yet."""
        self._channel: Any = None
        self._opening = False
        self._next_open_at = 0.0
        self._unknown: dict[UUID, _StreamEvent] = {}  # to the inbox, when it was last asked
        # Delivery tag of the last message that was read and not acknowledged.
        self._read_to: int | None = None
        # How many events the queue holds; None until the broker replied.
        self._depth: int | None = None
        # Since when something was published and the stream delivered nothing.
        self._silent_since: float | None = None
        self._topology_is_broken = False

    def note_published(self) -> None:
        """Note that events were published, so that the stream has to deliver something."""
        if self._channel is not None and self._silent_since is None:
            self._silent_since = monotonic()

    def compare(self, amqp: Any, database: sa.Connection) -> bool:
        """One round, if it is time: recover what is late, and go on reading.

        Args:
            amqp: an open pika connection; the channel is opened anew when it is another one than
                before.
            database: a connection on the schema of the service.
        Returns:
            Whether something of the topology seems to be missing, as noticed since the last round.
        """
        now = monotonic()
        if not self._types or now < self._next_round_at:
            return False
        self._next_round_at = now + _ROUND_SECONDS
        self._open(amqp, now)
        if self._unknown:
            self._recover_late(database, now)
        if self._silent_since is not None and now - self._silent_since > _LATE_SECONDS:
            self._silent_since, self._topology_is_broken = None, True
        self._read_on()
        broken, self._topology_is_broken = self._topology_is_broken, False
        return broken

    def _read_on(self) -> None:
        """Acknowledge what was read, so that the broker sends more, unless too much is held."""
        has_room = len(self._unknown) < _MAX_HELD
        if self._read_to is not None and self._channel is not None and has_room:
            self._channel.basic_ack(self._read_to, multiple=True)
            self._read_to = None

    # Events that the inbox does not know

    def _recover_late(self, database: sa.Connection, now: float) -> None:
        ids = [str(event_id) for event_id in self._unknown]
        unknown = set(database.execute(_UNKNOWN, {"ids": ids}).scalars())
        self._unknown = {i: event for i, event in self._unknown.items() if i in unknown}
        late = [i for i, event in self._unknown.items() if now - event.read_at > _LATE_SECONDS]
        if not late:
            return
        if self._depth == 0:
            self._topology_is_broken = True
            self._deliver(database, late)
        self._ask_depth()

    def _deliver(self, database: sa.Connection, late: Sequence[UUID]) -> None:
        rows = [row for i in late if (row := _row(i, self._unknown[i].message)) is not None]
        if rows:
            try:
                database.execute(_NO_LONG_WAIT)
                deliver(database, self._service, rows)
            except sa.exc.OperationalError as error:
                if getattr(error.orig, "pgcode", None) != _LOCKED:
                    raise
                return  # a consumer handles one of them just now; compare again next round
            finally:
                database.execute(_WAIT_AGAIN)
            log.warning(
                "events taken from the log that no queue brought",
                service=self._service,
                count=len(rows),
            )
        for event_id in late:
            del self._unknown[event_id]

    # The channel

    def _open(self, amqp: Any, now: float) -> None:
        if amqp is not self._amqp:
            self._amqp = amqp
            self._reset()
        if self._channel is None and not self._opening and now >= self._next_open_at:
            # What was read is read again: its delivery tags were those of another channel.
            self._reset()
            self._opening = True
            amqp.channel(on_open_callback=self._on_open)

    def _on_open(self, channel: Any) -> None:
        self._opening, self._channel = False, channel
        channel.add_on_close_callback(self._on_close)
        # The stream was deleted, or lost its leader.
        channel.add_on_cancel_callback(lambda _frame: channel.close())
        channel.basic_qos(prefetch_count=_PREFETCH)
        channel.basic_consume(STREAM, self._on_message, arguments={"x-stream-offset": START_AT})

    def _on_close(self, channel: Any, reason: Any) -> None:
        if channel is not self._channel:
            return
        self._channel = None
        refused = getattr(reason, "reply_code", None) == _ACCESS_REFUSED
        self._next_open_at = monotonic() + (_REFUSED_SECONDS if refused else _REOPEN_SECONDS)
        if refused:
            log.warning(
                "this account may not read the log, so nothing finds what a queue loses",
                service=self._service,
            )
        else:
            self._topology_is_broken = True

    def _on_message(self, channel: Any, method: Any, properties: Any, body: bytes) -> None:
        if channel is not self._channel:
            return
        self._read_to = method.delivery_tag
        self._silent_since = None
        event_id = _uuid(properties.message_id)
        if properties.type in self._types and event_id is not None:
            message = Message(properties.headers or {}, body, properties.content_type or "")
            self._unknown[event_id] = _StreamEvent(message, monotonic())

    def _ask_depth(self) -> None:
        self._depth = None
        if self._channel is not None:
            self._channel.queue_declare(
                queue_of(self._service), passive=True, callback=self._on_depth
            )

    def _on_depth(self, frame: Any) -> None:
        self._depth = frame.method.message_count


def _row(event_id: UUID, message: Message) -> OutboxRow | None:
    """The row to deliver; None for a message that is no event of ours."""
    try:
        event = decode(message)
    except UnreadableEvent:
        return None
    if event.id != event_id:
        return None
    return OutboxRow(seq=0, event_id=event_id, type=event.type, routing_key="", message=message)


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text)
    except (TypeError, ValueError):
        return None
