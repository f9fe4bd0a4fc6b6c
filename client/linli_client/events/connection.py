"""One connection of a subscriber to the broker. When to connect again: `subscriber`.

One thread uses it; `wake` alone may be called from another.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import pika
from linli_contracts.envelope import Message
from pika.adapters.utils.connection_workflow import AMQPConnectorException
from pika.exceptions import (
    AMQPError,
    ChannelClosedByBroker,
    ConnectionClosedByClient,
    ConnectionWrongStateError,
    ProbableAccessDeniedError,
    ProbableAuthenticationError,
)

from linli_client.errors import Refused
from linli_client.events.names import EXCHANGE

_NOT_FOUND = 404
_REFUSALS = (403, 404, 406, 530)  # access refused, not found, precondition failed, not allowed
_CONNECT_SECONDS = 10.0


class ConnectionLost(Exception):
    """The connection is gone, or was never opened; another may succeed."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message to be acknowledged. `offset` is its place in a stream; None from a queue."""

    tag: int
    routing_key: str
    message: Message
    offset: int | None


class BrokerConnection:
    """An open connection with one consumer at most.

    Every method raises `Refused` or `ConnectionLost`. Messages come into `waiting`.
    """

    def __init__(self, amqp_uri: str, *, title: str, heartbeat_seconds: int, prefetch: int) -> None:
        self.waiting: deque[Delivery] = deque()
        self._prefetch = prefetch
        self._cancelled = False
        self._channel: Any = None
        with _translated_errors():
            self._connection = pika.BlockingConnection(
                _parameters(amqp_uri, title, heartbeat_seconds)
            )
        try:
            with _translated_errors():
                self._channel = self._open_channel()
        except (Refused, ConnectionLost):
            self.close()
            raise

    def bind(self, queue: str, keys: Sequence[str], arguments: Mapping[str, Any]) -> None:
        """Bind a queue to keys, and declare it where it is missing and the account may."""
        if not self.exists(queue):
            with _translated_errors():
                self._channel.queue_declare(queue, durable=True, arguments=dict(arguments))
        with _translated_errors():
            for key in keys:
                self._channel.queue_bind(queue, EXCHANGE, key)

    def exists(self, queue: str) -> bool:
        with _translated_errors():
            try:
                self._channel.queue_declare(queue, passive=True)
            except ChannelClosedByBroker as error:
                if error.reply_code != _NOT_FOUND or _is_starting(error):
                    raise
                self._channel = self._open_channel()
                return False
        return True

    def consume(self, queue: str, arguments: Mapping[str, Any] | None = None) -> None:
        """Start the consumer."""
        with _translated_errors():
            self._channel.basic_consume(queue, self._on_message, arguments=dict(arguments or {}))

    def serve(self, seconds: float) -> None:
        """Answer the broker, heartbeats too, until something came, `wake` was called or the time is
        up.
        """
        with _translated_errors():
            self._connection.process_data_events(time_limit=seconds)
            if self._cancelled or not self._channel.is_open:
                raise ConnectionLost(
                    "the broker ended the consumer; is its queue deleted, "
                    "or was an answer too late?"
                )

    def acknowledge(self, delivery: Delivery) -> None:
        """Let the broker forget the message."""
        with _translated_errors():
            self._channel.basic_ack(delivery.tag)

    def wake(self) -> None:
        """Let `serve` return; from any thread."""
        with suppress(ConnectionWrongStateError):  # closed: nobody waits
            self._connection.add_callback_threadsafe(lambda: None)

    def close(self) -> None:
        """Close at once; what was not acknowledged is delivered again, in its order."""
        # Not by the library's own close, which cancels the consumer first: then a process that
        # stands by would be given later messages before those that this one returns.
        with suppress(AMQPError, OSError):
            if self._channel is not None:
                # Answered once all that was sent before has arrived.
                self._channel.basic_qos(prefetch_count=self._prefetch)
        with suppress(AMQPError, OSError):
            if self._connection.is_open:
                self._connection._impl._terminate_stream(ConnectionClosedByClient(200, "done"))
            while not self._connection.is_closed:
                self._connection.process_data_events(time_limit=_CONNECT_SECONDS)

    def _open_channel(self) -> Any:
        channel = self._connection.channel()
        channel.basic_qos(prefetch_count=self._prefetch)
        channel.add_on_cancel_callback(self._on_cancelled)
        return channel

    def _on_cancelled(self, _frame: Any) -> None:
        self._cancelled = True

    def _on_message(self, _channel: Any, method: Any, properties: Any, body: bytes) -> None:
        headers = dict(properties.headers or {})
        offset = headers.pop("x-stream-offset", None)
        message = Message(headers, body, properties.content_type)
        self.waiting.append(Delivery(method.delivery_tag, method.routing_key, message, offset))


def _parameters(amqp_uri: str, title: str, heartbeat_seconds: int) -> Any:
    parameters = pika.URLParameters(amqp_uri)
    parameters.heartbeat = heartbeat_seconds
    parameters.socket_timeout = parameters.stack_timeout = _CONNECT_SECONDS
    # A subscriber sends nothing that a full broker would hold up.
    parameters.blocked_connection_timeout = None
    parameters.connection_attempts = 1
    parameters.client_properties = {"connection_name": title}
    return parameters


@contextmanager
def _translated_errors() -> Iterator[None]:
    """Turn the many errors of the library into the two that call for different action."""
    try:
        yield
    except (ProbableAuthenticationError, ProbableAccessDeniedError) as error:
        # A connection that broke while it was opened looks the same.
        if "ConnectionClosedByBroker" not in str(error) or _is_starting(error):
            raise ConnectionLost(f"no connection to the broker: {error}") from error
        raise Refused(f"the broker does not let this account in: {error}") from error
    except ChannelClosedByBroker as error:
        if error.reply_code in _REFUSALS and not _is_starting(error):
            raise Refused(f"the broker refused: {error.reply_text}") from error
        raise ConnectionLost(f"the broker closed the channel: {error!r}") from error
    except (AMQPError, AMQPConnectorException, OSError) as error:
        # A handshake that hangs is an AMQPConnectorException, which is no AMQPError.
        raise ConnectionLost(f"no connection to the broker: {error!r}") from error


def _is_starting(error: Exception) -> bool:
    # The broker answers before all of its virtual hosts and queues are there, and says that they
    # are not.
    return "is down" in str(error)
