"""The consuming side of a service: feeds its inbox from RabbitMQ, and from what the inbox itself
has kept.

Two green threads. One collects messages into batches and acknowledges them once the inbox has taken
them; the other tries again what is due. While the database is away both wait, and nothing is
acknowledged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

import eventlet
import structlog
from amqp.exceptions import AMQPError
from amqp.serialization import PROPERTY_CLASSES
from amqp.spec import Basic
from eventlet.event import Event as Signal
from eventlet.semaphore import Semaphore
from kombu import Connection
from kombu.exceptions import OperationalError
from linli_contracts.envelope import Message
from nameko.extensions import ProviderCollector, SharedExtension

from linli_chassis.messaging import topology
from linli_chassis.messaging.inbox import DatabaseUnavailable, Inbox
from linli_chassis.messaging.inbox_store import channel_of
from linli_chassis.messaging.listener import Listener
from linli_chassis.observability import metrics
from linli_chassis.process import failpoints

log = structlog.get_logger(__name__)

_BACKOFF_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)
_IDLE_SECONDS = 1.0
_OPEN_SECONDS = 15.0
_CLOSE_SECONDS = 2.0
_BROKER_ERRORS = (AMQPError, OperationalError, OSError)


class InboxConsumer(ProviderCollector, SharedExtension):
    """One for all subscriptions of a service."""

    def setup(self) -> None:
        """Prepare to be started and stopped."""
        self._runtime = self.container.config["runtime"]
        self._settings = self._runtime.settings
        self._stopping = Signal()
        self._loops: list[Any] = []

    def start(self) -> None:
        """Start the loops, unless somebody else moves the inbox by hand; all subscriptions have
        registered by now.
        """
        self.inbox = Inbox(self._runtime.unit_of_work, self._handlers())
        if self.container.config["idle"]:
            return
        loops = [self._retry] if self._settings.amqp_uri is None else [self._retry, self._consume]
        self._loops = [self.container.spawn_managed_thread(loop) for loop in loops]

    def stop_consuming(self) -> None:
        """Take nothing more in, and return when what is in hand has been handled."""
        if not self._stopping.ready():
            self._stopping.send(None)
        for loop in self._loops:
            loop.wait()

    def _handlers(self) -> dict[str, Any]:
        return {name: provider.handle for provider in self._providers for name in provider.types}

    def _pause(self, seconds: float) -> None:
        with eventlet.Timeout(seconds, False):
            self._stopping.wait()

    # What the inbox has kept

    def _retry(self) -> None:
        listener = Listener(self._runtime.engine, channel_of(self._runtime.service))
        while not self._stopping.ready():
            try:
                if self.inbox.retry_due(self._settings.inbox_batch):
                    continue
                upcoming = self.inbox.seconds_to_next()
                listener.wait(_IDLE_SECONDS if upcoming is None else min(upcoming, _IDLE_SECONDS))
            except DatabaseUnavailable as error:
                log.warning("inbox waits for the database", error=str(error).splitlines()[0])
                self._pause(_IDLE_SECONDS)
        listener.close()

    # What the broker brings

    def _consume(self) -> None:
        failures = 0
        while not self._stopping.ready():
            began = monotonic()
            try:
                self._connected()
            except _BROKER_ERRORS as error:
                failures = 0 if monotonic() - began > 60 else failures
                pause = _BACKOFF_SECONDS[min(failures, len(_BACKOFF_SECONDS) - 1)]
                failures += 1
                log.warning("consumer waits for the broker", error=repr(error), seconds=pause)
                self._pause(pause)

    def _connected(self) -> None:
        settings, fed = self._settings, metrics.inbox_fed.labels(self._runtime.service)
        fed.set(0)
        with _connection(settings) as connection:
            with eventlet.Timeout(_OPEN_SECONDS, OSError("the broker did not answer in time")):
                feed = self._open(connection)
            heart = eventlet.spawn(feed.keep_alive, settings.heartbeat_seconds / 4)
            fed.set(1)
            try:
                while not self._stopping.ready():
                    batch = feed.collect(settings.inbox_batch, settings.inbox_wait_ms / 1000)
                    if batch and self._take(batch):
                        failpoints.reached(failpoints.BEFORE_ACK)
                        feed.acknowledge()
            finally:
                fed.set(0)
                heart.kill()

    def _open(self, connection: Any) -> _Feed:
        """Consume on a channel of its own, once all that events need stands on the broker."""
        settings, service = self._settings, self._runtime.service
        connection.connect()
        channel = connection.channel()
        if settings.broker_declare:
            topology.declare(channel, settings.district)
        else:
            topology.check(channel, settings.district, service)
        channel.basic_qos(0, settings.inbox_batch * 2, False)
        return _Feed(connection, channel, topology.queue_of(service))

    def _take(self, batch: list[Message]) -> bool:
        """Hand a batch to the inbox; while the database is away, hold on to it. False when stopped
        meanwhile.
        """
        while True:
            try:
                self.inbox.receive(batch)
            except DatabaseUnavailable as error:
                log.warning("consumer waits for the database", error=str(error).splitlines()[0])
                self._pause(_IDLE_SECONDS)
                if self._stopping.ready():
                    return False
            else:
                return True


@contextmanager
def _connection(settings: Any) -> Iterator[Any]:
    """A connection that is not open yet, closed on leaving however silent the broker is."""
    # Without `server_hostname` py-amqp takes the certificate of any host for that of the broker;
    # None is its own name.
    tls: Any = {"server_hostname": None} if settings.amqp_uri.startswith("amqps:") else False
    connection = Connection(
        settings.amqp_uri, heartbeat=settings.heartbeat_seconds, connect_timeout=5, ssl=tls
    )
    try:
        yield connection
    finally:
        wire = connection.connection if connection.connected else None
        with eventlet.Timeout(_CLOSE_SECONDS, False):
            connection.close()  # waits for the broker's answer
        if wire is not None:
            wire.collect()


class _Feed:
    """Messages of one queue over one connection, in batches."""

    def __init__(self, connection: Any, channel: Any, queue: str) -> None:
        self._connection, self._channel = connection, channel
        self._writing = Semaphore()  # acknowledgements and heartbeats share a socket
        self._broken: BaseException | None = None
        self._arrived: list[Any] = []
        self._listening = False
        # Not by kombu's Consumer: that reads headers of its own meaning and raises for a body it
        # cannot decompress.
        channel.auto_decode = False
        channel.basic_consume(queue, callback=self._arrived.append)

    def collect(self, size: int, seconds: float) -> list[Message]:
        """Up to `size` messages: waits for a first one up to a second, then `seconds` for others."""
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
        """Send heartbeats every `seconds`, whatever the handlers are doing; notice their absence
        while listening.

        While a batch is handled nobody reads, so that nothing has been heard then says nothing of
        the broker.
        """
        while self._broken is None:
            eventlet.sleep(seconds)
            try:
                with self._writing:
                    if not self._listening:
                        self._connection.connection.last_heartbeat_received = monotonic()
                    self._connection.heartbeat_check(rate=4)
            except _BROKER_ERRORS as error:
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
    content = (
        body.encode() if isinstance(body, str) else bytes(body)
    )  # py-amqp gives text for an empty body
    return Message(
        properties.get("application_headers") or {}, content, properties.get("content_type") or ""
    )


def _lenient(decode: Any) -> Any:
    """Properties as py-amqp decodes them; where it cannot, the bytes in a header, so that the inbox
    can bury them.
    """

    def properties(buffer: Any, offset: int) -> tuple[dict[str, Any], int]:
        try:
            return decode(buffer, offset)  # type: ignore[no-any-return]
        except Exception:
            return {"application_headers": {"undecodable": bytes(buffer[offset:]).hex()}}, len(
                buffer
            )

    return properties


# One message whose properties are no UTF-8 would else end every process that is given it, for as
# long as it is there.
PROPERTY_CLASSES[Basic.CLASS_ID] = _lenient(PROPERTY_CLASSES[Basic.CLASS_ID])
