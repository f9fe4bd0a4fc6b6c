"""What Prometheus would read from the processes of a platform."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass

from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample


@dataclass(frozen=True)
class Scrape:
    """One answer of /metrics."""

    url: str
    families: tuple[Metric, ...]

    @property
    def samples(self) -> list[Sample]:
        return [sample for family in self.families for sample in family.samples]

    @property
    def names(self) -> set[str]:
        """The names that a query may use; those of a metric without a sample yet as well."""
        return {sample.name for sample in self.samples} | {
            name for one in self.families for name in names_of(one)
        }

    def value(self, name: str, **labels: str) -> float | None:
        values = [
            sample.value
            for sample in self.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        ]
        return sum(values) if values else None


def scrape(url: str) -> Scrape:
    """Ask a process, past any proxy. `url` is where it answers, without a path."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"{url}/metrics", timeout=10) as answer:
        return Scrape(url, tuple(text_string_to_metric_families(answer.read().decode())))


def names_of(family: Metric) -> Iterable[str]:
    if family.type == "counter":
        return [f"{family.name.removesuffix('_total')}_total"]
    if family.type == "histogram":
        return [family.name + suffix for suffix in ("_bucket", "_sum", "_count")]
    return [family.name]
