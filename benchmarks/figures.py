"""Figures of a run: what was measured, how it compares, and whether that reaches its target."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Spread:
    """Several measurements of one thing, in its unit, in the order they were taken."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        return median(self.values)

    @property
    def low(self) -> float:
        return min(self.values)

    @property
    def high(self) -> float:
        return max(self.values)


@dataclass(frozen=True)
class Figure:
    """One line of the table.

    `ours` and `raw` are in `unit`. `judged` is what the target is held against: the ratios of the
    pairs where there is a raw loop, else `ours`. `at_least` says on which side of `target` it must
    lie.
    """

    benchmark: str
    what: str
    unit: str
    ours: Spread
    judged: Spread
    target: float
    at_least: bool
    raw: Spread | None = None
    notes: dict[str, Any] = field(default_factory=dict)

    @property
    def reached(self) -> bool:
        """Whether the median reaches the target."""
        return (
            self.judged.median >= self.target
            if self.at_least
            else self.judged.median <= self.target
        )


def compare(
    benchmark: str,
    what: str,
    unit: str,
    ours: Callable[[], float],
    raw: Callable[[], float],
    *,
    target: float,
    rounds: int,
    notes: dict[str, Any] | None = None,
) -> Figure:
    """Measure ours and the raw loop in turns; the target is held against the median ratio of the
    pairs.

    A pair is measured within seconds, so what else the machine does meets both alike. Who goes
    first alternates. One round before them warms caches and is thrown away.
    """
    ours(), raw()
    pairs = []
    for turn in range(rounds):
        if turn % 2:
            second = raw()
            first = ours()
        else:
            first = ours()
            second = raw()
        pairs.append((first, second))
    ratios = Spread(tuple(one / other for one, other in pairs))
    return Figure(
        benchmark,
        what,
        unit,
        Spread(tuple(one for one, _ in pairs)),
        ratios,
        target,
        at_least=True,
        raw=Spread(tuple(other for _, other in pairs)),
        notes=notes or {},
    )


def limit(
    benchmark: str,
    what: str,
    unit: str,
    values: Sequence[float],
    target: float,
    *,
    at_least: bool = False,
    **notes: Any,
) -> Figure:
    """A figure that is held against its target by itself."""
    spread = Spread(tuple(values))
    return Figure(benchmark, what, unit, spread, spread, target, at_least, notes=notes)
