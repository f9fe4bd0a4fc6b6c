"""The process `linli webhooks run`: subscribes every event of the district, keeps what is wanted,
and delivers it.
"""

from __future__ import annotations

import signal
import threading

import structlog
from linli.base.errors import UsageFailure
from linli.base.i18n import t
from linli_chassis.observability.monitor import monitored
from linli_client.events import Subscriber

from linli_webhooks import metrics
from linli_webhooks.database import engine_of, migrate
from linli_webhooks.deliverer import Deliverer
from linli_webhooks.intake import Intake
from linli_webhooks.settings import WebhookSettings

log = structlog.get_logger(__name__)

NAME = "webhooks"
"""The name under which it subscribes."""


def run(settings: WebhookSettings) -> None:
    """Work until SIGTERM or SIGINT.

    Raises:
        UsageFailure: no broker is named.
        linli_client.events.Refused: the broker does not let it subscribe.
    """
    if settings.amqp_uri is None:
        raise UsageFailure(
            t("Webhooks need a broker."), t("Set AMQP_URI; the embedded platform has none.")
        )
    migrate(settings.database_url)
    engine = engine_of(settings.database_url, pool_size=settings.concurrency + 4)
    deliverer = Deliverer(engine, settings)
    intake = Intake(engine, deliverer.wake)
    subscriber = Subscriber(
        settings.amqp_uri,
        settings.district,
        NAME,
        quarantine=intake.set_aside,
        heartbeat_seconds=settings.heartbeat_seconds,
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, subscriber.stop)
    failures: list[BaseException] = []
    thread = threading.Thread(
        target=_deliver, args=(deliverer, subscriber, failures), name="deliverer"
    )
    thread.start()
    log.info("webhooks started")
    try:
        with monitored(NAME, settings.metrics_bind, metrics.health):
            subscriber.subscribe("*", intake.take)
    finally:
        deliverer.stop()
        thread.join()
        engine.dispose()
    if failures:
        raise failures[0]
    log.info("webhooks stopped")


def _deliver(deliverer: Deliverer, subscriber: Subscriber, failures: list[BaseException]) -> None:
    try:
        deliverer.run()
    except BaseException as error:
        # Keeping events that nobody delivers would look like work: let the process end, and be
        # started again.
        failures.append(error)
        subscriber.stop()
