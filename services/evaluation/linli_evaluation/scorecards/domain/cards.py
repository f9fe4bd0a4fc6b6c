"""Scorecards: counts of subjects at every level become values, points, scores and ranks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from linli_evaluation.indicators import Definitions, Indicator
from linli_evaluation.scorecards.domain import scoring
from linli_evaluation.sources import Number, SubjectLevel, lineage, parent_of


@dataclass(frozen=True, slots=True)
class Measure:
    """What one indicator counted for one subject.

    `denominator` is the number of cases (or checks) it rests on.
    """

    denominator: Number
    numerator: Number | None = None
    value: float | None = None
    penalty: float = 0.0


@dataclass(slots=True)
class SubjectCounts:
    """The counts of one subject: how many cases any indicator looked at, and what each counted."""

    cases: int = 0
    measures: dict[str, Measure] = field(default_factory=dict)


Counts = Mapping[SubjectLevel, Mapping[str, SubjectCounts]]
"""Level to subject to its counts. Levels above the one asked for must be there too."""


@dataclass(frozen=True)
class Line:
    """One indicator of a scorecard. Null stands for what too few cases say."""

    code: str
    value: float | None
    numerator: Number | None
    denominator: Number
    shrunk: float | None
    """The value after shrinkage towards that of the parent."""
    points: float | None
    """0 to 100; below 0 for a penalty."""


@dataclass(frozen=True)
class Scorecard:
    """The score of one subject, opened down to its indicators. `level` is the grade reached."""

    subject: str
    score: float | None
    rank: int | None
    level: str | None
    cases: int
    indicators: Sequence[Line]

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Scorecard:
        """The scorecard of stored JSON values."""
        return cls(**{**values, "indicators": [Line(**line) for line in values["indicators"]]})

    @property
    def values(self) -> dict[str, object]:
        """JSON values, in the order of the fields: stored scorecards are compared to the byte."""
        return {**vars(self), "indicators": [vars(line) for line in self.indicators]}


_Values = dict[tuple[str, str], float | None]
"""Values after shrinkage by subject and code of the indicator."""


def score_level(
    definitions: Definitions, counts: Counts, level: SubjectLevel, district: str
) -> list[Scorecard]:
    """The scorecards of all subjects of a level, the best first; they depend on nothing else."""
    values = _shrunk_values(definitions, counts, level, district)
    indicators = definitions.at(level)
    cards = [
        _card(definitions, indicators, subject, subject_counts, values)
        for subject, subject_counts in counts[level].items()
    ]
    ranks = scoring.ranks({card.subject: card.score for card in cards})
    ranked = [replace(card, rank=ranks[card.subject]) for card in cards]
    return sorted(ranked, key=lambda card: (card.rank is None, card.rank or 0, card.subject))


def _raw(indicator: Indicator, measure: Measure | None) -> float | None:
    if measure is None or not measure.denominator:
        return None
    if indicator.kind == "ratio":
        return (measure.numerator or 0) / measure.denominator
    return measure.value


def _shrunk_values(
    definitions: Definitions, counts: Counts, level: SubjectLevel, district: str
) -> _Values:
    """From the top level down, each towards the value of the subject above, shrunk before it."""
    values: _Values = {}
    for each in lineage(level):
        for subject, subject_counts in counts[each].items():
            parent = parent_of(subject, each, district)
            for indicator in definitions.indicators:
                measure = subject_counts.measures.get(indicator.code)
                value = _raw(indicator, measure)
                if value is not None and measure is not None:
                    towards = values.get((parent, indicator.code)) if parent else None
                    value = scoring.shrunk(value, measure.denominator, towards, indicator.shrinkage)
                values[subject, indicator.code] = value
    return values


def _card(
    definitions: Definitions,
    indicators: Sequence[Indicator],
    subject: str,
    counts: SubjectCounts,
    values: _Values,
) -> Scorecard:
    lines: list[Line] = []
    points, weights, points_off = {}, {}, 0.0
    for indicator in indicators:
        measure = counts.measures.get(indicator.code)
        line = _line(indicator, measure, values[subject, indicator.code])
        lines.append(line)
        if indicator.penalty:
            points_off -= line.points or 0.0
        elif indicator.weight:
            weights[indicator.code] = indicator.weight
            if line.points is not None:
                points[indicator.code] = line.points
    mean = scoring.weighted(points, weights, definitions.least_share)
    score = None if mean is None else round(max(0.0, mean - points_off), 2)
    grade = scoring.grade_of(score, definitions.grades)
    return Scorecard(subject, score, None, grade, counts.cases, lines)


def _line(indicator: Indicator, measure: Measure | None, shrunk: float | None) -> Line:
    raw = _raw(indicator, measure)
    if measure is None or raw is None or measure.denominator < indicator.minimum:
        numerator = None if measure is None else measure.numerator
        denominator = 0 if measure is None else measure.denominator
        return Line(indicator.code, None, numerator, denominator, None, None)
    return Line(
        code=indicator.code,
        value=round(raw, 6),
        numerator=measure.numerator,
        denominator=measure.denominator,
        shrunk=None if shrunk is None else round(shrunk, 6),
        points=_points(indicator, measure, shrunk),
    )


def _points(indicator: Indicator, measure: Measure, shrunk: float | None) -> float | None:
    if indicator.curve and shrunk is not None:
        return round(scoring.points_on(indicator.curve, shrunk), 2)
    if indicator.penalty:
        return 0.0 - round(min(measure.penalty, indicator.penalty.at_most), 2)  # never -0.0
    return None
