"""What the process that delivers webhooks measures, beside what every process does."""

from __future__ import annotations

from typing import Any

from linli_chassis.observability.metrics import REGISTRY
from linli_chassis.observability.monitor import going_round
from prometheus_client import Counter, Gauge

DELIVERED, FAILED, GIVEN_UP = "delivered", "failed", "given_up"

deliveries = Counter(
    "linli_webhook_deliveries_total",
    "Attempts to deliver an event to an endpoint.",
    ["outcome"],
    registry=REGISTRY,
)
turned_at = Gauge(
    "linli_webhooks_turned_timestamp_seconds",
    "When deliveries that are due were last looked for.",
    registry=REGISTRY,
)
for outcome in (DELIVERED, FAILED, GIVEN_UP):
    deliveries.labels(outcome)  # zero is told from the start, so that the first is an increase


def health() -> tuple[int, dict[str, Any]]:
    """Whether the process goes round."""
    return going_round(
        "webhooks", REGISTRY.get_sample_value("linli_webhooks_turned_timestamp_seconds")
    )
