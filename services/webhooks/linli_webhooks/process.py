"""The process: subscribes every event of the district, stores what is wanted, and delivers it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import structlog
from linli_chassis.observability.logs import configure
from linli_chassis.observability.monitor import monitored
from linli_chassis.storage.database import migrate
from linli_client import Subscriber

from linli_webhooks import metrics
from linli_webhooks.deliveries import Deliverer, Intake
from linli_webhooks.errors import BrokerRequired
from linli_webhooks.settings import WebhookSettings
from linli_webhooks.tables import SCHEMA, engine_of

log = structlog.get_logger(__name__)

NAME = "webhooks"
"""The name under which it subscribes."""


def run(environ: Mapping[str, str]) -> None:
    """Work until SIGTERM or SIGINT.

    Raises:
        BadSettings: a setting is missing or wrong.
        BrokerRequired: no broker is named.
        linli_client.Refused: the broker does not let it subscribe.
    """
    settings = WebhookSettings.load(environ)
    configure(NAME, settings.log_level)
    if settings.amqp_uri is None:
        raise BrokerRequired
    migrate(settings.database_url, SCHEMA)
    engine = engine_of(settings.database_url, pool_size=settings.concurrency + 4)
    deliverer = Deliverer(engine, settings)
    intake = Intake(engine, on_stored=deliverer.wake)
    subscriber = Subscriber(
        settings.amqp_uri,
        settings.district,
        NAME,
        quarantine=intake.quarantine,
        heartbeat_seconds=settings.heartbeat_seconds,
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, subscriber.stop)
    try:
        with _delivering(deliverer, subscriber):
            log.info("webhooks started")
            with monitored(NAME, settings.metrics_bind, metrics.health):
                subscriber.subscribe("*", intake.store)
    finally:
        engine.dispose()
    log.info("webhooks stopped")


@contextmanager
def _delivering(deliverer: Deliverer, subscriber: Subscriber) -> Iterator[None]:
    """Deliver from a thread while the block runs; raises what the thread ended with."""
    failures: list[BaseException] = []

    def deliver() -> None:
        try:
            deliverer.run()
        except BaseException as error:
            # Storing events that nobody delivers would look like work: let the process end, and
            # be started again.
            failures.append(error)
            subscriber.stop()

    thread = threading.Thread(target=deliver, name="deliverer")
    thread.start()
    try:
        yield
    finally:
        deliverer.stop()
        thread.join()
    if failures:
        raise failures[0]
