"""The metrics that every process counts for Prometheus. `gauges` are measured at each scrape.

Several services may share a process, as on the embedded platform, so each metric of a service has
a label for it.
"""

from __future__ import annotations

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for each counter, which nobody reads

REGISTRY = CollectorRegistry()
CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4

ProcessCollector(registry=REGISTRY)

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


def _counter(name: str, text: str, *labels: str) -> Counter:
    return Counter(f"linli_{name}", text, labels, registry=REGISTRY)


def _gauge(name: str, text: str, *labels: str) -> Gauge:
    return Gauge(f"linli_{name}", text, labels, registry=REGISTRY)


def _histogram(name: str, text: str, *labels: str) -> Histogram:
    return Histogram(f"linli_{name}", text, labels, registry=REGISTRY, buckets=_SECONDS)


# A route is a template such as /api/grid/v1/requests/<uuid:request_id>, so paths and ids never
# become labels.
http_requests = _counter(
    "http_requests_total", "HTTP requests answered.", "service", "route", "method", "status"
)
http_request_seconds = _histogram(
    "http_request_seconds", "Seconds from a request's headers to its answer.", "service", "route"
)
event_loop_lag_seconds = _histogram(
    "event_loop_lag_seconds", "How late the event loop turned, each quarter second."
)

relay_published = _counter(
    "relay_published_total", "Events that the bus has taken over.", "service"
)
relay_confirm_seconds = _histogram(
    "relay_confirm_seconds", "Seconds from publishing a batch to its last confirm.", "service"
)
relay_active = _gauge(
    "relay_active", "1 while this relay is the one at work, 0 while it waits.", "service"
)
relay_waits = _counter(
    "relay_waits_total", "Times the relay had to wait for the bus or the database.", "service"
)
relay_last_loop_at = _gauge(
    "relay_turned_timestamp_seconds", "When the relay last went round, in Unix time.", "service"
)


inbox_handled = _counter(
    "inbox_handled_total", "Events whose effect was committed.", "service", "type"
)
inbox_duplicates = _counter(
    "inbox_duplicates_total", "Events skipped because their id had been handled.", "service", "type"
)
inbox_retries = _counter(
    "inbox_retries_total", "Attempts that failed and will be made again.", "service", "type"
)
inbox_dead = _counter(
    "inbox_dead_total", "Events given up and kept as dead letters.", "service", "type"
)
inbox_dropped = _counter(
    "inbox_dropped_total", "Events of types that the service does not subscribe.", "service", "type"
)
inbox_fed = _gauge(
    "inbox_fed", "1 while the broker feeds the inbox, 0 while it cannot be reached.", "service"
)
inbox_delay_seconds = Histogram(
    "linli_inbox_delay_seconds",
    "Seconds from telling an event to committing its effect.",
    ("service",),
    registry=REGISTRY,
    buckets=(0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0, 3600.0),
)
inbox_handler_seconds = _histogram(
    "inbox_handler_seconds", "Seconds of one call of a handler with its batch.", "service", "type"
)


def exposition() -> bytes:
    """All metrics in the text format that Prometheus reads."""
    return generate_latest(REGISTRY)
