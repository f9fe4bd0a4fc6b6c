"""What the process that delivers webhooks measures, beside what every process does."""

from __future__ import annotations

from typing import Any

from linli_chassis.observability.metrics import REGISTRY
from linli_chassis.observability.monitor import loop_health
from prometheus_client import Counter, Gauge

DELIVERED, FAILED, GIVEN_UP = "delivered", "failed", "given_up"
_LAST_LOOP = "linli_webhooks_turned_timestamp_seconds"

deliveries = Counter(
    "linli_webhook_deliveries_total",
    "Attempts to deliver an event to an endpoint.",
    ["outcome"],
    registry=REGISTRY,
)
last_loop_at = Gauge(_LAST_LOOP, "When due deliveries were last looked for.", registry=REGISTRY)
for outcome in (DELIVERED, FAILED, GIVEN_UP):
    deliveries.labels(outcome)  # zero is shown from the start, so that the first is an increase


def health() -> tuple[int, dict[str, Any]]:
    """Whether the process still loops."""
    return loop_health("webhooks", REGISTRY.get_sample_value(_LAST_LOOP))
