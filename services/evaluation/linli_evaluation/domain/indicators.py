"""Indicators: what is counted, when, and what it earns. How they are read from YAML: `definitions`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from linli_evaluation.domain.facts import FACT_FIELDS
from linli_evaluation.domain.predicates import Predicate
from linli_evaluation.domain.scoring import Curve, Grade, Tier

LEVELS = ("district", "subdistrict", "community", "grid", "unit")
"""What is scored. Never a resident."""

KINDS = ("ratio", "median", "p90", "mean")

GRID_FIELDS: dict[str, str] = {
    "grid_code": "text",
    "full_time": "number",
    "part_time": "number",
    "deputy": "number",
    "households": "number",
    "area_m2": "number",
}
"""What an indicator over grids may look at: how many workers of each duty a grid has now, its size.
"""

SOURCES: dict[str, dict[str, str]] = {"facts": FACT_FIELDS, "grids": GRID_FIELDS}


@dataclass(frozen=True, slots=True)
class Count:
    """How many rows fulfil a condition."""

    condition: Predicate


@dataclass(frozen=True, slots=True)
class Sum:
    """The sum of a number field."""

    field: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """One indicator.

    A ratio has `numerator` and `denominator`; median, p90 and mean have `value`, the number field
    they look at. It earns `weight` by its `curve`, or costs the whole score `penalty` points for
    each time `penalty_field` counts.
    """

    code: str
    zh: str
    en: str
    source: str
    over: str
    kind: str
    time: str | None
    levels: tuple[str, ...]
    where: Predicate
    numerator: Count | Sum | None
    denominator: Count | Sum
    value: str | None
    better: str
    weight: float
    target: float | None
    curve: Curve | None
    penalty_field: str | None
    penalty: tuple[Tier, ...]
    penalty_at_most: float
    minimum: int
    shrinkage: float


@dataclass(frozen=True, slots=True)
class Definitions:
    """All indicators and grades of a district. `hash` is SHA-256 over the document they were read
    from.
    """

    indicators: tuple[Indicator, ...]
    grades: tuple[Grade, ...]
    least_share: float
    document: Mapping[str, Any]
    hash: str

    def at(self, level: str) -> tuple[Indicator, ...]:
        """The indicators that a level is scored by."""
        return tuple(indicator for indicator in self.indicators if level in indicator.levels)
