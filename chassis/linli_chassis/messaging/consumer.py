"""The consuming side of a service: feeds its inbox from RabbitMQ, and retries what it stored.

Two green threads. One collects messages into batches and acknowledges them once the inbox has taken
them; the other retries stored events. While the database is unavailable both wait, and nothing is
acknowledged.
"""

from __future__ import annotations

from typing import Any

import eventlet
import structlog
from eventlet.event import Event as Signal
from linli_contracts.envelope import Message
from nameko.extensions import ProviderCollector, SharedExtension

from linli_chassis.messaging import retry, topology
from linli_chassis.messaging.inbox import DatabaseUnavailable, Inbox
from linli_chassis.messaging.inbox_store import channel_of
from linli_chassis.messaging.listener import Listener
from linli_chassis.messaging.queue_feed import BROKER_ERRORS, QueueFeed, broker_connection
from linli_chassis.observability import metrics, watchdog
from linli_chassis.process import failpoints

log = structlog.get_logger(__name__)

_IDLE_SECONDS = 1.0
_OPEN_SECONDS = 15.0


class InboxConsumer(ProviderCollector, SharedExtension):
    """One for all subscriptions of a service."""

    def setup(self) -> None:
        """Prepare to be started and stopped."""
        self._runtime = self.container.config["runtime"]
        self._settings = self._runtime.settings
        self._stopping = Signal()
        self._loops: list[Any] = []

    def register_provider(self, provider: Any) -> None:
        """Add a subscription. Raises `ValueError` if another one has a type of it."""
        for other in self._providers:
            for name in set(other.types) & set(provider.types):
                raise ValueError(
                    f"{name} is subscribed by {other.method_name} and by {provider.method_name}"
                )
        super().register_provider(provider)

    def start(self) -> None:
        """Start the loops, unless a test feeds the inbox by hand.

        All subscriptions have registered by now.
        """
        self.inbox = Inbox(self._runtime.long_unit_of_work, self._handlers())
        if self.container.config["idle"]:
            return
        loops = [self._retry] if self._settings.amqp_uri is None else [self._retry, self._consume]
        self._loops = [self.container.spawn_managed_thread(loop) for loop in loops]

    def stop_consuming(self) -> None:
        """Take no more messages; return when those in work have been handled."""
        if not self._stopping.ready():
            self._stopping.send(None)
        for loop in self._loops:
            loop.wait()

    def _handlers(self) -> dict[str, Any]:
        return {name: provider.handle for provider in self._providers for name in provider.types}

    def _pause(self, seconds: float) -> None:
        with eventlet.Timeout(seconds, False):
            self._stopping.wait()

    # Stored events

    def _retry(self) -> None:
        with watchdog.watched(self._runtime.service, "retries"):
            self._retry_until_stopped()

    def _retry_until_stopped(self) -> None:
        listener = Listener(self._runtime.engine, channel_of(self._runtime.service))
        while not self._stopping.ready():
            watchdog.note_turn()
            failpoints.reached(failpoints.BEFORE_RETRY)
            try:
                if self.inbox.retry_due(self._settings.inbox_batch):
                    continue
                upcoming = self.inbox.seconds_to_next_retry()
                listener.wait(_IDLE_SECONDS if upcoming is None else min(upcoming, _IDLE_SECONDS))
            except DatabaseUnavailable as error:
                log.warning("inbox waits for the database", error=str(error).splitlines()[0])
                self._pause(_IDLE_SECONDS)
        listener.close()

    # Messages of the broker

    def _consume(self) -> None:
        with watchdog.watched(self._runtime.service, "consumer"):
            self._consume_until_stopped()

    def _consume_until_stopped(self) -> None:
        backoff = retry.reconnecting()
        while not self._stopping.ready():
            watchdog.note_turn()
            backoff.begin()
            try:
                self._feed_inbox()
            except BROKER_ERRORS as error:
                pause = backoff.pause()
                log.warning("consumer waits for the broker", error=repr(error), seconds=pause)
                self._pause(pause)

    def _feed_inbox(self) -> None:
        settings, connected = self._settings, metrics.inbox_fed.labels(self._runtime.service)
        connected.set(0)
        with broker_connection(settings) as connection:
            with eventlet.Timeout(_OPEN_SECONDS, OSError("the broker did not answer in time")):
                feed = self._open(connection)
            heartbeats = eventlet.spawn(feed.keep_alive, settings.heartbeat_seconds / 4)
            connected.set(1)
            try:
                while not self._stopping.ready():
                    watchdog.note_turn()
                    batch = feed.collect(settings.inbox_batch, settings.inbox_wait_ms / 1000)
                    if batch and self._take(batch):
                        failpoints.reached(failpoints.BEFORE_ACK)
                        feed.acknowledge()
            finally:
                connected.set(0)
                heartbeats.kill()

    def _open(self, connection: Any) -> QueueFeed:
        """Connect and consume, once the topology stands on the broker."""
        settings, service = self._settings, self._runtime.service
        connection.connect()
        channel = connection.channel()
        if settings.broker_declare:
            topology.declare(channel, settings.district)
        else:
            topology.check(channel, settings.district, service)
        channel.basic_qos(0, settings.inbox_batch * 2, False)
        return QueueFeed(connection, channel, topology.queue_of(service))

    def _take(self, batch: list[Message]) -> bool:
        """Hand a batch to the inbox, again and again while the database is unavailable.

        False when stopped meanwhile.
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
