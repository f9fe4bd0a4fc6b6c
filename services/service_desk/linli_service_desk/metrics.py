"""What the service counts beside the metrics of every service."""

from __future__ import annotations

from linli_chassis.observability.metrics import REGISTRY
from prometheus_client import Counter

laid_aside = Counter(
    "linli_matching_laid_aside_total",
    "Cases that matching cannot take, laid aside for a dispatcher.",
    ("service", "reason"),
    registry=REGISTRY,
)
