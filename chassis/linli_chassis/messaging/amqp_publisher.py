"""The AMQP bus, publishing side, on one asynchronous connection of pika.

Confirms are awaited by the batch: one for each message alone reaches some 300 messages a second, a
hundred at a time reach ten times that. The topology is declared over the same connection, before
the first event and whenever something of it seems to be missing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from time import monotonic
from typing import Any

import pika
import sqlalchemy as sa
import structlog

from linli_chassis.messaging.amqp_connection import (
    BROKER_ERRORS,
    CONFIRM_SECONDS,
    CONNECT_SECONDS,
    parameters,
)
from linli_chassis.messaging.gap_recovery import GapRecovery
from linli_chassis.messaging.outbox import OutboxRow
from linli_chassis.messaging.publisher import BusUnavailable
from linli_chassis.messaging.topology import EXCHANGE, check, declare
from linli_chassis.messaging.topology_channel import TopologyChannel

log = structlog.get_logger(__name__)

_TOPOLOGY_SECONDS = 20.0
_CLOSE_SECONDS = 2.0
KEEP_SESSION_SECONDS = 3.0
"""How often the relay's session runs a query while the broker lets it wait: PostgreSQL ends one
that is idle for longer, so that a standby takes over from a relay that is cut off."""
_KEEP_SESSION = sa.text("SELECT 1")
_ABORT_SECONDS = 3.0


class AmqpPublisher:
    """Publishes with publisher confirms and the mandatory flag.

    Args:
        service: the one it publishes for.
        declares: whether its account may declare exchanges and queues; else it only checks them.
    """

    def __init__(
        self,
        amqp_uri: str,
        district: str,
        heartbeat_seconds: int,
        service: str,
        *,
        declares: bool = True,
    ) -> None:
        self._parameters = parameters(amqp_uri, heartbeat_seconds)
        set_up = partial(declare, district=district)
        if not declares:
            set_up = partial(check, district=district, service=service)
        self._topology = TopologyChannel(set_up, self._stop, self._on_failure)
        self._gap_recovery = GapRecovery(service)
        self._connection: Any = None
        self._database: sa.Connection | None = None
        self._reset()

    def _reset(self) -> None:
        """Forget what belonged to a connection."""
        self._channel: Any = None
        self._failure: BaseException | None = None
        self._tag = 0
        self._unconfirmed: dict[int, int] = {}  # delivery tag -> outbox seq
        self._confirmed: list[int] = []
        self._returned: set[str] = set()
        self._topology.reset()

    def publish(self, connection: sa.Connection, rows: Sequence[OutboxRow]) -> list[int]:
        """Publish and await the confirms; see `Publisher`."""
        self._database = connection
        self._open()
        self._confirmed, self._returned = [], set()
        for row in rows:
            self._tag += 1
            self._unconfirmed[self._tag] = row.seq
            self._channel.basic_publish(
                EXCHANGE, row.routing_key, row.message.body, _properties(row), mandatory=True
            )
        try:
            self._run(until=lambda: not self._unconfirmed, seconds=CONFIRM_SECONDS)
        except BusUnavailable:
            if not self._confirmed:
                raise  # else some are safe, and need not be published again
        returned = {row.seq for row in rows if str(row.event_id) in self._returned}
        if returned:
            log.error("the broker returned events as unroutable", count=len(returned))
            self._set_up_topology()
        self._gap_recovery.note_published()
        return [seq for seq in self._confirmed if seq not in returned]

    def wait(self, fileno: int, seconds: float) -> None:
        """Serve heartbeats until the database has news; see `Publisher`."""
        if self._connection is None:
            self._open()
        ioloop, news = self._connection.ioloop, []

        def readable(_fd: int, _events: int) -> None:
            news.append(True)
            ioloop.stop()

        ioloop.add_handler(fileno, readable, ioloop.READ)
        try:
            self._run(until=lambda: bool(news), seconds=seconds, patient=True)
        finally:
            # A failure closed the loop, and its handlers with it.
            if self._connection is not None:
                ioloop.remove_handler(fileno)

    def maintain(self, connection: sa.Connection) -> None:
        """Recover what the queue of the service lost, and declare what is missing.

        See `Publisher`.
        """
        self._database = connection
        if not self._is_open:
            return
        try:
            if self._gap_recovery.compare(self._connection, connection):
                log.warning("declaring exchanges and queues again, for events get lost on the way")
                self._topology.start(self._connection)
        except BROKER_ERRORS as error:
            self.close()
            raise BusUnavailable(f"the broker went away: {error!r}") from error

    def abort_pending(self) -> None:
        """Stop waiting for confirms in a few seconds; see `Publisher`."""
        connection = self._connection
        if connection is not None:
            ioloop = connection.ioloop
            abort = partial(self._on_failure, connection, TimeoutError("asked to stop"))
            ioloop.add_callback_threadsafe(lambda: ioloop.call_later(_ABORT_SECONDS, abort))

    def close(self) -> None:
        """Close the connection, without waiting long for a broker that does not answer."""
        connection, self._connection = self._connection, None
        self._channel, self._unconfirmed = None, {}
        if connection is None:
            return
        ioloop = connection.ioloop
        # It may be broken, and is given up all the same; pika asserts that it is not still opening.
        with suppress(*BROKER_ERRORS, AssertionError):
            if not (connection.is_closed or connection.is_closing):
                connection.close()
                connection.add_on_close_callback(lambda *_: ioloop.stop())
            if not connection.is_closed:
                ioloop.call_later(_CLOSE_SECONDS, ioloop.stop)
                ioloop.start()
        ioloop.close()

    @property
    def _is_open(self) -> bool:
        return self._connection is not None and self._channel is not None and self._channel.is_open

    def _open(self) -> None:
        """Connect; on return the topology stands, and the channel is ready to publish."""
        if self._is_open:
            return
        self.close()
        self._reset()
        self._connection = pika.SelectConnection(
            self._parameters,
            on_open_callback=lambda connection: connection.channel(
                on_open_callback=self._on_channel
            ),
            on_open_error_callback=self._on_failure,
            on_close_callback=self._on_failure,
        )
        self._run(until=lambda: self._channel is not None, seconds=CONNECT_SECONDS)
        self._set_up_topology()

    def _set_up_topology(self) -> None:
        self._topology.start(self._connection)
        self._run(until=lambda: self._topology.stands, seconds=_TOPOLOGY_SECONDS)

    def _run(self, until: Callable[[], bool], seconds: float, *, patient: bool = False) -> None:
        """Run the connection's loop until a condition holds.

        Raises:
            BusUnavailable: the connection failed, or time is up and it is not `patient`.
        """
        deadline = monotonic() + seconds
        while not (until() or self._failure) and (left := deadline - monotonic()) > 0:
            if self._turn(min(left, KEEP_SESSION_SECONDS)) and self._database is not None:
                self._database.execute(_KEEP_SESSION)
        if self._failure or not (patient or until()):
            reason = self._failure or f"no answer in {seconds:g} s"
            self.close()
            raise BusUnavailable(f"the broker went away: {reason!r}")

    def _turn(self, seconds: float) -> bool:
        """Run the connection's loop until something happens; whether it took all of `seconds`."""
        ioloop, expired = self._connection.ioloop, []

        def expire() -> None:
            expired.append(True)
            ioloop.stop()

        timeout = ioloop.call_later(seconds, expire)
        try:
            ioloop.start()
        except BROKER_ERRORS as error:
            self._failure = error
        if not expired:
            ioloop.remove_timeout(timeout)
        return bool(expired)

    def _stop(self) -> None:
        if self._connection is not None:
            self._connection.ioloop.stop()

    def _on_channel(self, channel: Any) -> None:
        channel.add_on_close_callback(self._on_failure)
        channel.add_on_return_callback(self._on_return)
        channel.confirm_delivery(self._on_confirm, callback=lambda _frame: self._on_ready(channel))

    def _on_ready(self, channel: Any) -> None:
        self._channel = channel
        self._stop()

    def _on_failure(self, _source: Any, reason: BaseException) -> None:
        self._failure = self._failure or reason
        self._stop()

    def _on_return(self, _channel: Any, _method: Any, properties: Any, _body: bytes) -> None:
        self._returned.add(properties.message_id)

    def _on_confirm(self, frame: Any) -> None:
        method = frame.method
        tags = [method.delivery_tag]
        if method.multiple:
            tags = [tag for tag in self._unconfirmed if tag <= method.delivery_tag]
        for tag in tags:
            # None for one that was given up and is confirmed after all.
            seq = self._unconfirmed.pop(tag, None)
            if seq is not None and method.NAME == "Basic.Ack":
                self._confirmed.append(seq)
        if not self._unconfirmed:
            self._stop()


def _properties(row: OutboxRow) -> pika.BasicProperties:
    return pika.BasicProperties(
        content_type=row.message.content_type,
        headers=dict(row.message.headers),
        delivery_mode=pika.DeliveryMode.Persistent,
        message_id=str(row.event_id),
        type=row.type,
    )
