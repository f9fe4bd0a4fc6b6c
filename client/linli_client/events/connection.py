"""One connection of a subscriber to the broker. What to do with the messages, and when to connect
again: `client`.

All of it is used by one thread; `wake` alone may be called from another.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

try:
    import pika
    from pika.adapters.utils.connection_workflow import AMQPConnectorException
    from pika.exceptions import (
        AMQPError,
        ChannelClosedByBroker,
        ConnectionClosedByClient,
        ConnectionWrongStateError,
        ProbableAccessDeniedError,
        ProbableAuthenticationError,
    )
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "the subscriber needs pika: pip install 'linli-contracts[subscriber]'", name=error.name
    ) from error

from linli_contracts.envelope import Message

from linli_client.events.names import EXCHANGE

_NOT_FOUND = 404
_REFUSALS = (403, 404, 406, 530)  # access refused, not found, precondition failed, not allowed
_CONNECT_SECONDS = 10.0


class Refused(Exception):
    """The broker is there and says no: wrong password, no such district, or types that the account
    may not have.
    """


class LinkLost(Exception):
    """The connection is gone, or never came about; another may succeed."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message to be answered for. `offset` is its place in a log; None from a queue."""

    tag: int
    routing_key: str
    message: Message
    offset: int | None


class Link:
    """An open connection with one consumer at most. Every method raises `Refused` or `LinkLost`."""

    def __init__(self, amqp_uri: str, *, title: str, heartbeat_seconds: int, prefetch: int) -> None:
        self.waiting: deque[Delivery] = deque()
        self._prefetch = prefetch
        self._cancelled = False
        self._channel: Any = None
        with _told():
            self._connection = pika.BlockingConnection(
                _parameters(amqp_uri, title, heartbeat_seconds)
            )
        try:
            with _told():
                self._channel = self._open_channel()
        except (Refused, LinkLost):
            self.close()
            raise

    def bind(self, queue: str, keys: Sequence[str], arguments: Mapping[str, Any]) -> None:
        """Bind a queue to keys, and make it where it is missing and the account may."""
        if not self.exists(queue):
            with _told():
                self._channel.queue_declare(queue, durable=True, arguments=dict(arguments))
        with _told():
            for key in keys:
                self._channel.queue_bind(queue, EXCHANGE, key)

    def exists(self, queue: str) -> bool:
        with _told():
            try:
                self._channel.queue_declare(queue, passive=True)
            except ChannelClosedByBroker as error:
                if error.reply_code != _NOT_FOUND or _is_starting(error):
                    raise
                self._channel = self._open_channel()
                return False
        return True

    def consume(self, queue: str, arguments: Mapping[str, Any] | None = None) -> None:
        """Let messages come into `waiting`."""
        with _told():
            self._channel.basic_consume(queue, self._on_message, arguments=dict(arguments or {}))

    def serve(self, seconds: float) -> None:
        """Answer the broker, heartbeats too, until something came, `wake` was called or the time is
        up.
        """
        with _told():
            self._connection.process_data_events(time_limit=seconds)
            if self._cancelled or not self._channel.is_open:
                raise LinkLost(
                    "the broker ended the consumer; is its queue deleted, or was an answer too late?"
                )

    def acknowledge(self, delivery: Delivery) -> None:
        """Tell the broker that it may forget the message."""
        with _told():
            self._channel.basic_ack(delivery.tag)

    def wake(self) -> None:
        """Let `serve` return; from any thread."""
        with suppress(ConnectionWrongStateError):  # closed: nobody waits
            self._connection.add_callback_threadsafe(lambda: None)

    def close(self) -> None:
        """Let go of the connection at once; what was not acknowledged comes again, to the next
        process in its order.
        """
        # Not by the library's own way, which cancels the consumer first: then a process that stands
        # by is given what
        # comes later before what this one holds has been returned.
        with suppress(AMQPError, OSError):
            if self._channel is not None:
                self._channel.basic_qos(
                    prefetch_count=self._prefetch
                )  # answered when all that was told has arrived
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
    parameters.blocked_connection_timeout = (
        None  # a subscriber sends nothing that a full broker would hold up
    )
    parameters.connection_attempts = 1
    parameters.client_properties = {"connection_name": title}
    return parameters


@contextmanager
def _told() -> Iterator[None]:
    """Turn the many errors of the library into the two that call for different things."""
    try:
        yield
    except (ProbableAuthenticationError, ProbableAccessDeniedError) as error:
        # A connection that broke while it was opened looks the same.
        if "ConnectionClosedByBroker" not in str(error) or _is_starting(error):
            raise LinkLost(f"no connection to the broker: {error}") from error
        raise Refused(f"the broker does not let this account in: {error}") from error
    except ChannelClosedByBroker as error:
        if error.reply_code in _REFUSALS and not _is_starting(error):
            raise Refused(f"the broker refused: {error.reply_text}") from error
        raise LinkLost(f"the broker closed the channel: {error!r}") from error
    except (
        AMQPError,
        AMQPConnectorException,
        OSError,
    ) as error:  # a handshake that hangs is no AMQPError
        raise LinkLost(f"no connection to the broker: {error!r}") from error


def _is_starting(error: Exception) -> bool:
    # The broker answers before all of its virtual hosts and queues stand, and says that they are
    # not there.
    return "is down" in str(error)
