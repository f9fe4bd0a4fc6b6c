"""The second way of an event: what stands in the log and never came through the queue of a service.

A queue can be deleted, purged or unbound by hand, and a broker may drop what it has delivered too
often. None of that can be seen by who publishes, for the log has taken the event over. So the relay
of every service that subscribes events reads the log, behind the queue, and puts what its inbox
does not know after a while into it.
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

from linli_chassis.messaging import embedded_publisher as embedded
from linli_chassis.messaging.outbox import OutboxRow
from linli_chassis.messaging.topology import LOG, queue_of

log = structlog.get_logger(__name__)

START_AT = "12h"
"""How far back a relay that starts reads; less than inboxes keep the ids of what they have handled.
"""
_ROUND_SECONDS = 1.0
_LATE_SECONDS = 5.0
_REOPEN_SECONDS = 5.0
_REFUSED_SECONDS = 300.0
_ACCESS_REFUSED = 403
# also the most that is read in a round: this is the slow way, and must not hold up the fast one
_PREFETCH = 500
_MOST_HELD = 2_000

_NO_LONG_WAIT = sa.text("SET lock_timeout = '1s'")
_WAIT_AGAIN = sa.text("RESET lock_timeout")
_LOCKED = "55P03"

_UNKNOWN = sa.text("""
    SELECT id FROM unnest(CAST(:ids AS uuid[])) AS t(id)
    WHERE NOT EXISTS (SELECT FROM inbox WHERE event_id = id)""")


@dataclass(frozen=True, slots=True)
class _Seen:
    type: str
    message: Message
    at: float


class GapRecovery:
    """Compares the log with the inbox of one service, over the connection of its relay.

    All calls of the broker are asynchronous: they are answered while the relay turns the
    connection's loop anyway.
    """

    def __init__(self, service: str) -> None:
        self._service = service
        self._types = {entry.name for entry in consumed_by(service)}
        self._next_round_at = 0.0
        self._amqp: Any = None
        self._forget()

    def _forget(self) -> None:
        """Begin anew, on a channel that is not there yet."""
        self._channel: Any = None
        self._opening = False
        self._next_open_at = 0.0
        self._held: dict[UUID, _Seen] = {}
        self._read_to: int | None = (
            None  # delivery tag of the last message that was read and not acknowledged
        )
        self._depth: int | None = (
            None  # how many events the queue holds; None while that is being asked
        )

    def compare(self, amqp: Any, database: sa.Connection) -> None:
        """One round, if it is time: look at what has been read, and go on reading.

        Args:
            amqp: an open pika connection; the channel is opened anew when it is another one than
                before.
            database: a connection on the schema of the service.
        """
        now = monotonic()
        if not self._types or now < self._next_round_at:
            return
        self._next_round_at = now + _ROUND_SECONDS
        self._open(amqp, now)
        if self._held:
            self._look(database, now)
        if self._read_to is not None and self._channel is not None and len(self._held) < _MOST_HELD:
            self._channel.basic_ack(self._read_to, multiple=True)
            self._read_to = None

    # What is held

    def _look(self, database: sa.Connection, now: float) -> None:
        unknown = set(database.execute(_UNKNOWN, {"ids": [str(i) for i in self._held]}).scalars())
        self._held = {i: seen for i, seen in self._held.items() if i in unknown}
        late = [i for i, seen in self._held.items() if now - seen.at > _LATE_SECONDS]
        if not late:
            return
        if self._depth == 0:
            self._take_over(database, late)
        self._ask_depth()

    def _take_over(self, database: sa.Connection, late: Sequence[UUID]) -> None:
        rows = [row for i in late if (row := _row(i, self._held[i])) is not None]
        if rows:
            try:
                database.execute(_NO_LONG_WAIT)
                embedded.deliver(database, self._service, rows)
            except sa.exc.OperationalError as error:
                if getattr(error.orig, "pgcode", None) != _LOCKED:
                    raise
                return  # a consumer is at one of them just now; look again in the next round
            finally:
                database.execute(_WAIT_AGAIN)
            log.warning(
                "events taken from the log that no queue brought",
                service=self._service,
                count=len(rows),
            )
        for event_id in late:
            del self._held[event_id]

    # The channel

    def _open(self, amqp: Any, now: float) -> None:
        if amqp is not self._amqp:
            self._amqp = amqp
            self._forget()
        if self._channel is None and not self._opening and now >= self._next_open_at:
            # what was held is read again, for its delivery tags were those of another channel
            self._forget()
            self._opening = True
            amqp.channel(on_open_callback=self._on_open)

    def _on_open(self, channel: Any) -> None:
        self._opening, self._channel = False, channel
        channel.add_on_close_callback(self._on_close)
        channel.add_on_cancel_callback(
            lambda _frame: channel.close()
        )  # the log was deleted, or lost its leader
        channel.basic_qos(prefetch_count=_PREFETCH)
        channel.basic_consume(LOG, self._on_message, arguments={"x-stream-offset": START_AT})

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

    def _on_message(self, channel: Any, method: Any, properties: Any, body: bytes) -> None:
        if channel is not self._channel:
            return
        self._read_to = method.delivery_tag
        if properties.type in self._types and (event_id := _uuid(properties.message_id)):
            message = Message(properties.headers or {}, body, properties.content_type or "")
            self._held[event_id] = _Seen(properties.type, message, monotonic())

    def _ask_depth(self) -> None:
        self._depth = None
        if self._channel is not None:
            self._channel.queue_declare(
                queue_of(self._service), passive=True, callback=self._on_depth
            )

    def _on_depth(self, frame: Any) -> None:
        self._depth = frame.method.message_count


def _row(event_id: UUID, seen: _Seen) -> OutboxRow | None:
    """What is to be delivered; None for what is no event of ours, which its queue has laid aside or
    never will.
    """
    try:
        event = decode(seen.message)
    except UnreadableEvent:
        return None
    if event.id != event_id:
        return None
    return OutboxRow(
        seq=0, event_id=event_id, type=event.type, routing_key="", message=seen.message
    )


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text)
    except (TypeError, ValueError):
        return None
