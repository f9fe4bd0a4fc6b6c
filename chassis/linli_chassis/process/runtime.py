"""What one service process is made of, and how it starts and stops."""

from __future__ import annotations

import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from threading import Thread
from typing import Any

import sqlalchemy as sa
import structlog

from linli_chassis.messaging.amqp_publisher import AmqpPublisher
from linli_chassis.messaging.embedded_publisher import EmbeddedPublisher
from linli_chassis.messaging.publisher import Publisher
from linli_chassis.messaging.relay import SINGLE_SESSION, Relay
from linli_chassis.messaging.retention import Retention
from linli_chassis.observability import gauges, tracing
from linli_chassis.observability.monitor import monitored, relay_health
from linli_chassis.settings import ProcessSettings, Settings
from linli_chassis.storage.database import create_engine
from linli_chassis.storage.timeouts import Timeouts
from linli_chassis.storage.unit_of_work import UnitOfWork, UnitOfWorkFactory, utc_now

OWN_WORKERS = 20
RELAY_TIMEOUTS = Timeouts(statement=30, lock=5)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Runtime:
    """What the extensions of one service share."""

    service: str
    settings: Settings
    engine: sa.Engine
    monitoring_engine: sa.Engine
    """For readiness and gauges, which must not wait for work."""
    unit_of_work: UnitOfWorkFactory[Any]
    """For requests and timers."""
    long_unit_of_work: UnitOfWorkFactory[Any]
    """For batches of events and imports."""

    @classmethod
    def of(
        cls, service: str, settings: Settings, clock: Callable[[], datetime] = utc_now
    ) -> Runtime:
        engine = create_engine(
            settings.database_url,
            service,
            pool_size=settings.database_pool,
            timeouts=Timeouts(settings.statement_seconds, settings.lock_seconds),
        )
        many = Timeouts(settings.batch_statement_seconds, settings.lock_seconds)
        return cls(
            service,
            settings,
            engine,
            gauges.engine_of(service, settings.database_url),
            UnitOfWorkFactory(engine, service, settings, clock),
            UnitOfWorkFactory(engine, service, settings, clock, many),
        )


def container_of(
    service: Any, runtime: Runtime, *, mount: dict[str, Any] | None = None, idle: bool = False
) -> Any:
    """A nameko container of a service class, not started.

    Args:
        mount: where to put the WSGI application instead of listening, for several services on one
            port.
        idle: start no consumer and no timer; tests drive them.
    """
    from nameko.containers import ServiceContainer

    http_workers = runtime.settings.database_pool * 10
    config = {
        "runtime": runtime,
        "http_workers": http_workers,
        "HTTP_BIND": runtime.settings.http_bind,
        "mount": mount,
        "idle": idle,
    }
    return ServiceContainer(
        # Requests leave workers to the consumer and the timers, whatever comes in.
        service,
        config={**config, "max_workers": http_workers + OWN_WORKERS},
    )


def publisher_of(name: str, settings: ProcessSettings) -> Publisher:
    """Publishes to the bus of the settings: RabbitMQ, or without one the embedded bus."""
    if settings.amqp_uri is None:
        return EmbeddedPublisher()
    return AmqpPublisher(
        settings.amqp_uri,
        settings.district,
        settings.heartbeat_seconds,
        name,
        declares=settings.broker_declare,
    )


def relay_of(
    name: str, settings: ProcessSettings, wait: Callable[[float], object] | None = None
) -> Relay:
    """The relay of a service, not running. `wait` is how it pauses where threads are green."""
    engine = create_engine(
        settings.database_url,
        name,
        pool_size=1,
        application=f"linli-relay-{name}",
        timeouts=RELAY_TIMEOUTS,
        session=SINGLE_SESSION,
    )
    retention = Retention(settings.outbox_keep_days, settings.inbox_keep_days)
    return Relay(engine, name, publisher_of(name, settings), retention=retention, wait=wait)


def serve(service: Any, environ: Mapping[str, str]) -> None:
    """Run one service, given its class, until SIGTERM or SIGINT; work in hand is finished first.

    The caller has called `eventlet.monkey_patch()` before importing this.
    """
    import eventlet

    runtime = Runtime.of(service.name, service.settings.load(environ))
    tracing.configure(service.name, environ)
    gauges.watch(service.name, runtime.monitoring_engine, runtime.engine.pool)
    container = container_of(service, runtime)
    _on_signal(lambda: eventlet.spawn_n(container.stop))
    container.start()
    log.info("service started", service=service.name, http=runtime.settings.http_bind)
    container.wait()
    tracing.shutdown()
    log.info("service stopped", service=service.name)


def relay(name: str, environ: Mapping[str, str]) -> None:
    """Run the relay of one service until SIGTERM or SIGINT."""
    settings = ProcessSettings.load(environ)
    worker = relay_of(name, settings)
    gauges.watch(name, gauges.engine_of(name, settings.database_url))
    # Beside the loop, which may hold the lock of the very event that stopping sets.
    _on_signal(lambda: Thread(target=worker.stop).start())
    with monitored(name, settings.metrics_bind, partial(relay_health, name)):
        worker.run()
    log.info("relay stopped", service=name)


def _on_signal(act: Callable[[], object]) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _signum, _frame: act())


__all__ = [
    "Runtime",
    "UnitOfWork",
    "container_of",
    "publisher_of",
    "relay",
    "relay_of",
    "serve",
]
