"""From counts to points: curves, shrinkage, scores, grades and ranks. Numbers in, numbers out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from linli_evaluation.indicators import Curve, Grade


def points_on(curve: Curve, value: float) -> float:
    """Points, 0 to 100, that a value earns: linear between the knots, level outside of them."""
    if value <= curve[0][0]:
        return curve[0][1]
    for (left, low), (right, high) in pairwise(curve):
        if value <= right:
            return low + (high - low) * (value - left) / (right - left)
    return curve[-1][1]


def shrunk(value: float, count: float, towards: float | None, strength: float) -> float:
    """A value shrunk towards that of the parent, the more so the fewer cases it rests on.

    `strength` is the number of cases that the parent's value weighs as much as; nothing is shrunk
    towards null.
    """
    if towards is None or count + strength == 0:
        return value
    return (count * value + strength * towards) / (count + strength)


def weighted(
    points: Mapping[str, float], weights: Mapping[str, float], least_share: float
) -> float | None:
    """The mean of `points` by weight, over indicators that have any; null if too little is known.

    Args:
        least_share: Part of all weight, 0 to 1, that the known indicators must have.
    """
    known = sum(weights[code] for code in points)
    if known == 0 or known < least_share * sum(weights.values()):
        return None
    return sum(points[code] * weights[code] for code in points) / known


def grade_of(score: float | None, grades: Sequence[Grade]) -> str | None:
    """Code of the highest grade whose `at_least` the score reaches."""
    if score is None:
        return None
    reached = [grade for grade in grades if score >= grade.at_least]
    return max(reached, key=lambda grade: grade.at_least).code if reached else None


def ranks(scores: Mapping[str, float | None]) -> dict[str, int | None]:
    """Place of each subject, from 1 for the highest score; ties share a place, as in 1, 1, 3."""
    known = sorted((score for score in scores.values() if score is not None), reverse=True)
    first = {score: place for place, score in reversed(list(enumerate(known, start=1)))}
    return {subject: None if score is None else first[score] for subject, score in scores.items()}
