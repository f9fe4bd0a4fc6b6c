"""What a definition says: indicators, what they count and what they earn, and the grades."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from linli_evaluation.indicators.domain.predicates import Predicate
from linli_evaluation.sources import SourceName, SubjectLevel

Kind = Literal["ratio", "median", "p90", "mean"]

KINDS: tuple[Kind, ...] = get_args(Kind)

Better = Literal["higher", "lower"]

Curve = tuple[tuple[float, float], ...]
"""Knots `(value, points)`, by rising values."""


@dataclass(frozen=True, slots=True)
class Count:
    """How many rows fulfil a condition."""

    condition: Predicate


@dataclass(frozen=True, slots=True)
class Sum:
    """The sum of a number field."""

    field: str


@dataclass(frozen=True, slots=True)
class Tier:
    """From the `first`-th time on, each one costs `points`; until the next tier begins."""

    first: int
    points: float


@dataclass(frozen=True, slots=True)
class Penalty:
    """Points off the whole score, for each time that `field` counts in one row."""

    field: str
    tiers: tuple[Tier, ...]
    at_most: float


@dataclass(frozen=True, slots=True)
class Grade:
    """A band of scores: `at_least` points and above, up to the next grade."""

    code: str
    at_least: float
    zh: str
    en: str


@dataclass(frozen=True, kw_only=True)
class Indicator:
    """One indicator.

    A ratio has `numerator` and `denominator`; median, p90 and mean have `value`, the number field
    that they are taken of. It earns `weight` by its `curve`, or costs a `penalty`.
    """

    code: str
    zh: str
    en: str
    source: str
    """Where the definition comes from: a standard, a statute, a promise."""
    over: SourceName
    kind: Kind
    time: str | None
    """The time that puts a row into a period; None where rows count as they are."""
    levels: tuple[SubjectLevel, ...]
    where: Predicate
    numerator: Count | Sum | None
    denominator: Count | Sum
    value: str | None
    better: Better
    weight: float
    target: float | None
    curve: Curve | None
    penalty: Penalty | None
    minimum: int
    """A smaller denominator gives no value."""
    shrinkage: float
    """The value of the subject above weighs as much as this many cases."""


@dataclass(frozen=True, slots=True)
class Definitions:
    """All indicators and grades of a district.

    `hash` is SHA-256, hex, over the canonical JSON of the `document` they were read from.
    """

    indicators: tuple[Indicator, ...]
    grades: tuple[Grade, ...]
    least_share: float
    document: Mapping[str, object]
    hash: str

    def at(self, level: SubjectLevel) -> tuple[Indicator, ...]:
        """The indicators that a level is scored by."""
        return tuple(indicator for indicator in self.indicators if level in indicator.levels)

    def find(self, code: str) -> Indicator | None:
        """The indicator of a code; None where there is none."""
        return next((each for each in self.indicators if each.code == code), None)
