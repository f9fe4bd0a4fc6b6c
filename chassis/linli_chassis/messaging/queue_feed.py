"""Messages of one RabbitMQ queue in batches, over kombu and py-amqp on green threads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

import eventlet
from amqp.exceptions import AMQPError
from amqp.serialization import PROPERTY_CLASSES
from amqp.spec import Basic
from eventlet.semaphore import Semaphore
from kombu import Connection
from kombu.exceptions import OperationalError
from linli_contracts.envelope import Message

BROKER_ERRORS = (AMQPError, OperationalError, OSError)
"""What kombu and py-amqp raise when a broker cannot be reached, or refuses."""

_IDLE_SECONDS = 1.0
_CLOSE_SECONDS = 2.0


@contextmanager
def broker_connection(settings: Any) -> Iterator[Any]:
    """A connection that is not open yet; closed on leaving, even if the broker does not reply."""
    # Without `server_hostname` py-amqp takes the certificate of any host for that of the broker;
    # None means the name in the URI.
    tls: Any = {"server_hostname": None} if settings.amqp_uri.startswith("amqps:") else False
    connection = Connection(
        settings.amqp_uri, heartbeat=settings.heartbeat_seconds, connect_timeout=5, ssl=tls
    )
    try:
        yield connection
    finally:
        wire = connection.connection if connection.connected else None
        with eventlet.Timeout(_CLOSE_SECONDS, False):
            connection.close()  # waits for the broker's reply
        if wire is not None:
            wire.collect()


class QueueFeed:
    """Messages of one queue over one connection, in batches."""

    def __init__(self, connection: Any, channel: Any, queue: str) -> None:
        self._connection, self._channel = connection, channel
        self._writing = Semaphore()  # acknowledgements and heartbeats share a socket
        self._broken: BaseException | None = None
        self._arrived: list[Any] = []
        self._listening = False
        # Not kombu's Consumer: it gives headers a meaning of its own, and raises for a body that it
        # cannot decompress.
        channel.auto_decode = False
        channel.basic_consume(queue, callback=self._arrived.append)

    def collect(self, size: int, seconds: float) -> list[Message]:
        """Up to `size` messages: waits a second for the first one, then `seconds` for others."""
        self._arrived.clear()
        self._listening = True
        try:
            self._drain_until(monotonic() + _IDLE_SECONDS, lambda: bool(self._arrived))
            if self._arrived:
                self._drain_until(monotonic() + seconds, lambda: len(self._arrived) >= size)
        finally:
            self._listening = False
        return [_message(message) for message in self._arrived]

    def acknowledge(self) -> None:
        """Acknowledge everything collected last."""
        with self._writing:
            self._channel.basic_ack(self._arrived[-1].delivery_tag, multiple=True)

    def keep_alive(self, seconds: float) -> None:
        """Send heartbeats every `seconds`, and notice missing ones of the broker while listening.

        While a batch is handled nobody reads from the socket, so missing heartbeats mean nothing.
        """
        while self._broken is None:
            eventlet.sleep(seconds)
            try:
                with self._writing:
                    if not self._listening:
                        self._connection.connection.last_heartbeat_received = monotonic()
                    self._connection.heartbeat_check(rate=4)
            except BROKER_ERRORS as error:
                self._broken = error

    def _drain_until(self, deadline: float, enough: Callable[[], bool]) -> None:
        while not enough() and (left := deadline - monotonic()) > 0:
            if self._broken is not None:
                raise OperationalError(f"heartbeat: {self._broken!r}")
            try:
                self._connection.drain_events(timeout=left)
            except TimeoutError:
                return


def _message(message: Any) -> Message:
    properties, body = message.properties, message.body
    # py-amqp gives text for an empty body.
    content = body.encode() if isinstance(body, str) else bytes(body)
    headers = properties.get("application_headers") or {}
    return Message(headers, content, properties.get("content_type") or "")


def _lenient(decode: Any) -> Any:
    """Properties as py-amqp decodes them; where it cannot, the bytes in a header.

    So the inbox can store the message as a dead letter.
    """

    def properties(buffer: Any, offset: int) -> tuple[dict[str, Any], int]:
        try:
            return decode(buffer, offset)  # type: ignore[no-any-return]
        except Exception:
            headers = {"undecodable": bytes(buffer[offset:]).hex()}
            return {"application_headers": headers}, len(buffer)

    return properties


# Else one message whose properties are no UTF-8 would end every process that receives it, for as
# long as it is in the queue.
PROPERTY_CLASSES[Basic.CLASS_ID] = _lenient(PROPERTY_CLASSES[Basic.CLASS_ID])
