"""Curves, shrinkage, weights, grades and ranks."""

from __future__ import annotations

import hypothesis.strategies as st
from hypothesis import assume, given
from linli_evaluation.indicators import Grade
from linli_evaluation.scorecards.domain.scoring import grade_of, points_on, ranks, shrunk, weighted

POINTS = st.floats(0, 100)
VALUES = st.floats(0, 1)
CURVES = st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 100)), min_size=1, max_size=6).map(
    lambda knots: tuple(
        zip(
            sorted({value / 1000 for value, _ in knots}),
            sorted(points / 1 for _, points in knots),
            strict=False,
        )
    )
)


@given(curve=CURVES, values=st.tuples(VALUES, VALUES))
def test_a_better_value_never_earns_less(
    curve: tuple[tuple[float, float], ...], values: tuple[float, float]
) -> None:
    low, high = sorted(values)
    assert points_on(curve, low) <= points_on(curve, high) + 1e-9


@given(curve=CURVES, value=st.floats(-10, 10))
def test_points_stay_within_the_curve(curve: tuple[tuple[float, float], ...], value: float) -> None:
    assert curve[0][1] <= points_on(curve, value) <= curve[-1][1] + 1e-9


def test_seventy_percent_closed_on_time_earns_all_fifty_points_and_each_point_below_costs_one() -> (
    None
):
    curve = ((0.2, 0.0), (0.7, 100.0))
    assert [
        round(points_on(curve, value) * 50 / 100, 6) for value in (1.0, 0.7, 0.69, 0.5, 0.2)
    ] == [50, 50, 49, 30, 0]


@given(value=VALUES, count=st.integers(1, 10_000), parent=VALUES, strength=st.floats(0, 100))
def test_a_shrunk_value_lies_between_its_own_and_the_parents(
    value: float, count: int, parent: float, strength: float
) -> None:
    shrunken = shrunk(value, count, parent, strength)
    assert min(value, parent) - 1e-9 <= shrunken <= max(value, parent) + 1e-9


@given(value=VALUES, count=st.integers(1, 1000), parent=VALUES, strength=st.floats(0.1, 100))
def test_more_cases_are_drawn_less(
    value: float, count: int, parent: float, strength: float
) -> None:
    few, many = shrunk(value, count, parent, strength), shrunk(value, count + 1, parent, strength)
    assert abs(many - value) <= abs(few - value) + 1e-9


def test_one_case_done_well_does_not_beat_fifty_nearly_all_done_well() -> None:
    assert shrunk(1.0, 1, 0.7, 5) < shrunk(0.96, 50, 0.7, 5)


def test_nothing_is_drawn_towards_null() -> None:
    assert shrunk(0.4, 2, None, 5) == 0.4


@given(points=st.dictionaries(st.sampled_from("abcde"), POINTS), data=st.data())
def test_the_score_lies_between_the_lowest_and_highest_points(
    points: dict[str, float], data: st.DataObject
) -> None:
    assume(points)
    weights = {code: data.draw(st.floats(1, 100)) for code in "abcde"}
    score = weighted(points, weights, 0)
    assert score is not None
    assert min(points.values()) - 1e-6 <= score <= max(points.values()) + 1e-6


def test_too_little_known_is_no_score() -> None:
    weights = {"coverage": 10.0, "closing": 90.0}
    assert weighted({"coverage": 100.0}, weights, 0.3) is None
    assert weighted({"closing": 60.0}, weights, 0.3) == 60.0
    assert weighted({}, weights, 0.0) is None


@given(st.dictionaries(st.text(), st.none() | st.sampled_from([10.0, 55.5, 90.0, 100.0])))
def test_ranks_count_who_is_strictly_better(scores: dict[str, float | None]) -> None:
    known = [score for score in scores.values() if score is not None]
    for subject, place in ranks(scores).items():
        score = scores[subject]
        assert place == (None if score is None else 1 + sum(other > score for other in known))


def test_a_grade_is_the_highest_band_reached() -> None:
    grades = [Grade("fail", 0, "不合格", "Fail"), Grade("good", 80, "良好", "Good")]
    assert [grade_of(score, grades) for score in (None, 0.0, 79.99, 80.0)] == [
        None,
        "fail",
        "fail",
        "good",
    ]
