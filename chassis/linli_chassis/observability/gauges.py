"""What is measured at each scrape: the backlog in a service's database, and its connections."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa
import structlog
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from linli_chassis.messaging.operations import ServiceStatus, service_status
from linli_chassis.observability.metrics import REGISTRY
from linli_chassis.storage.database import create_engine
from linli_chassis.storage.timeouts import Timeouts

log = structlog.get_logger(__name__)

TIMEOUTS = Timeouts(statement=3, lock=1, pool=3, margin=1)

_BACKLOG = {
    "linli_outbox_pending": ("outbox_pending", "Events committed and not yet published."),
    "linli_outbox_oldest_seconds": (
        "outbox_oldest_seconds",
        "Age of the oldest unpublished event, in seconds.",
    ),
    "linli_inbox_due": ("inbox_due", "Events kept in the inbox to be handled, now or later."),
    "linli_inbox_due_oldest_seconds": (
        "inbox_due_oldest_seconds",
        "Seconds since the oldest of those was received.",
    ),
    "linli_inbox_late_seconds": (
        "inbox_late_seconds",
        "For how long an event could have been handled and was not.",
    ),
    "linli_inbox_dead_letters": (
        "inbox_dead",
        "Dead events that wait for somebody to replay or discard them.",
    ),
}


class ServiceGauges(Collector):
    """The gauges of one service; without its database only `linli_database_up`, which is 0.

    Args:
        engine: of `engine_of`, to show the pool when it is used up.
        pool: connections of the process for this service; None where there is no pool worth
            watching.
    """

    def __init__(self, service: str, engine: sa.Engine, pool: sa.Pool | None) -> None:
        self._service, self._engine, self._pool = service, engine, pool

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The gauges as they are now."""
        status = self._status()
        yield self._gauge(
            "linli_database_up",
            "Whether the database answered: 1 or 0.",
            0 if status is None else 1,
        )
        for name, (attribute, text) in _BACKLOG.items():
            yield self._gauge(
                name, text, None if status is None else getattr(status, attribute) or 0
            )
        if isinstance(self._pool, sa.QueuePool):
            yield self._gauge(
                "linli_database_pool_size", "Connections the process may hold.", self._pool.size()
            )
            yield self._gauge(
                "linli_database_pool_in_use", "Connections in use.", self._pool.checkedout()
            )

    def _status(self) -> ServiceStatus | None:
        try:
            return service_status(self._engine, self._service)
        except sa.exc.SQLAlchemyError as error:
            log.warning("cannot measure the backlog", service=self._service, exc_info=error)
            return None

    def _gauge(self, name: str, text: str, value: float | None) -> GaugeMetricFamily:
        family = GaugeMetricFamily(name, text, labels=["service"])
        if value is not None:
            family.add_metric([self._service], value)
        return family


def engine_of(service: str, database_url: str) -> sa.Engine:
    """Connections for measuring and for readiness, with short bounds, beside those for work."""
    application = f"linli-metrics-{service}"
    return create_engine(
        database_url, service, pool_size=2, application=application, timeouts=TIMEOUTS
    )


def watch(service: str, engine: sa.Engine, pool: sa.Pool | None = None) -> None:
    """Export the gauges of a service; several services may share a process."""
    _watched.append(ServiceGauges(service, engine, pool))


class _All(Collector):
    """The gauges of all services of this process, each metric once with a line for each service."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        families: dict[str, GaugeMetricFamily] = {}
        for gauges in _watched:
            for family in gauges.collect():
                families.setdefault(family.name, family)
                if families[family.name] is not family:
                    families[family.name].samples.extend(family.samples)
        yield from families.values()


_watched: list[ServiceGauges] = []
REGISTRY.register(_All())
