"""Scorecards: counts of subjects at every level become values, points, scores and ranks."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from linli_evaluation.domain import scoring
from linli_evaluation.domain.indicators import LEVELS, Definitions, Indicator

_CODE_LENGTH = {"district": 6, "subdistrict": 9, "community": 12}
_ABOVE = {
    "subdistrict": "district",
    "community": "subdistrict",
    "grid": "community",
    "unit": "district",
}


@dataclass(frozen=True, slots=True)
class Measure:
    """What one indicator found for one subject. `denominator` is the number of cases (or checks) it
    rests on.
    """

    denominator: float
    numerator: float | None = None
    value: float | None = None
    penalty: float = 0.0


@dataclass(slots=True)
class Subject:
    """The counts of one subject: how many cases any indicator looked at, and what each found."""

    cases: int = 0
    measures: dict[str, Measure] = field(default_factory=dict)


Counts = Mapping[str, Mapping[str, Subject]]
"""Level to subject to its counts. Levels above the one asked for must be there too."""


_SHAPES = {
    r"\d{6}": "district",
    r"\d{9}": "subdistrict",
    r"\d{12}": "community",
    r"\d{14,15}": "grid",
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}": "unit",
}


def level_of(subject: str) -> str | None:
    """The level that a region code or unit id belongs to, by its shape; None when it is neither."""
    return next(
        (level for shape, level in _SHAPES.items() if re.fullmatch(shape, subject, re.ASCII)), None
    )


def lineage(level: str) -> tuple[str, ...]:
    """A level and all above it, from the top."""
    above = _ABOVE.get(level)
    return (*lineage(above), level) if above else (level,)


def scorecards(
    definitions: Definitions, counts: Counts, level: str, district: str
) -> list[dict[str, Any]]:
    """The scorecards of all subjects of a level, the best first; plain JSON values that depend on
    nothing else.

    Each: subject, score, rank, level (its grade), cases, and the indicators with value, numerator,
    denominator, shrunk (the value after shrinkage) and points. Null stands for what too few cases
    say.
    """
    drawn = _shrunk_values(definitions, counts, level, district)
    cards = [
        _card(definitions, level, subject, found, drawn) for subject, found in counts[level].items()
    ]
    places = scoring.ranks({card["subject"]: card["score"] for card in cards})
    for card in cards:
        card["rank"] = places[card["subject"]]
    return sorted(
        cards, key=lambda card: (card["rank"] is None, card["rank"] or 0, card["subject"])
    )


def canonical(value: Any) -> str:
    """JSON with sorted keys and no spaces: equal values give equal bytes."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def hash_of(parts: Iterable[str]) -> str:
    """SHA-256, hex, of the parts, one a line."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


_Drawn = dict[tuple[str, str], float | None]


def _raw(indicator: Indicator, measure: Measure | None) -> float | None:
    if measure is None or not measure.denominator:
        return None
    if indicator.kind == "ratio":
        return (measure.numerator or 0) / measure.denominator
    return measure.value


def _shrunk_values(definitions: Definitions, counts: Counts, level: str, district: str) -> _Drawn:
    """Values by subject and indicator code, each drawn towards that of the subject above, which was
    drawn before.
    """
    drawn: _Drawn = {}
    for each in lineage(level):
        for subject, found in counts[each].items():
            above = _parent(each, subject, district)
            for indicator in definitions.indicators:
                measure = found.measures.get(indicator.code)
                raw = _raw(indicator, measure)
                if raw is not None and measure is not None:
                    towards = drawn.get((above, indicator.code)) if above else None
                    raw = scoring.shrunk(raw, measure.denominator, towards, indicator.shrinkage)
                drawn[subject, indicator.code] = raw
    return drawn


def _parent(level: str, subject: str, district: str) -> str | None:
    if level == "unit":
        return district
    return subject[: _CODE_LENGTH[_ABOVE[level]]] if level in _ABOVE else None


def _card(
    definitions: Definitions, level: str, subject: str, found: Subject, drawn: _Drawn
) -> dict[str, Any]:
    indicators, points, weights, lost = [], {}, {}, 0.0
    for indicator in definitions.at(level):
        line = _line(indicator, found.measures.get(indicator.code), drawn[subject, indicator.code])
        indicators.append(line)
        if indicator.penalty:
            lost -= line["points"] or 0.0
        elif indicator.weight:
            weights[indicator.code] = indicator.weight
            if line["points"] is not None:
                points[indicator.code] = line["points"]
    mean = scoring.weighted(points, weights, definitions.least_share)
    score = None if mean is None else round(max(0.0, mean - lost), 2)
    grade = scoring.grade_of(score, definitions.grades)
    card = {"subject": subject, "score": score, "rank": None, "level": grade, "cases": found.cases}
    return {**card, "indicators": indicators}


def _line(indicator: Indicator, measure: Measure | None, drawn: float | None) -> dict[str, Any]:
    raw = _raw(indicator, measure)
    enough = measure is not None and raw is not None and measure.denominator >= indicator.minimum
    points = None
    if enough and indicator.curve and drawn is not None:
        points = round(scoring.points_on(indicator.curve, drawn), 2)
    elif enough and indicator.penalty and measure is not None:
        points = 0.0 - round(min(measure.penalty, indicator.penalty_at_most), 2)  # never -0.0
    return {
        "code": indicator.code,
        "value": _rounded(raw) if enough else None,
        "numerator": None if measure is None else measure.numerator,
        "denominator": 0 if measure is None else measure.denominator,
        "shrunk": _rounded(drawn) if enough else None,
        "points": points,
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)


assert set(_ABOVE) | {"district"} == set(LEVELS)  # noqa: S101  # a level that is scored has its place in the order
