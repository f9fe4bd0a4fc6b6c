"""Figures of a run: what was measured, how it compares, and whether that reaches its target."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
    """Measure ours and the raw loop in turns; see `compare_all`."""
    [figure] = compare_all(
        benchmark, unit, ours, {what: raw}, target=target, rounds=rounds, notes=notes
    )
    return figure


def compare_all(
    benchmark: str,
    unit: str,
    ours: Callable[[], float],
    others: Mapping[str, Callable[[], float]],
    *,
    target: float,
    rounds: int,
    notes: dict[str, Any] | None = None,
) -> list[Figure]:
    """Measure ours and each of the others, by what they are, in turns; a figure for each.

    The target is held against the median ratio of the pairs. Those of one round are measured
    within seconds, so what else the machine does meets all alike. Who goes first rotates. One round
    before them warms caches and is thrown away.
    """
    measures = [ours, *others.values()]
    for measure in measures:
        measure()
    taken: list[list[float]] = [[] for _ in measures]
    for turn in range(rounds):
        for place in range(len(measures)):
            number = (turn + place) % len(measures)
            taken[number].append(measures[number]())
    return [
        Figure(
            benchmark,
            what,
            unit,
            Spread(tuple(taken[0])),
            Spread(tuple(one / other for one, other in zip(taken[0], values, strict=True))),
            target,
            at_least=True,
            raw=Spread(tuple(values)),
            notes=notes or {},
        )
        for what, values in zip(others, taken[1:], strict=True)
    ]


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
