"""Reading indicator definitions: the ones that come along, and what is wrong with others."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from linli_evaluation.errors import BadDefinitions
from linli_evaluation.indicators import load_file
from linli_evaluation.indicators.domain.parsing import parse_definitions
from linli_evaluation.indicators.domain.predicates import (
    All,
    AnyOf,
    Not,
    Other,
    Test,
    parse_condition,
)
from linli_evaluation.sources.requests.domain import FACT_FIELDS

GOOD: dict[str, Any] = {
    "grades": [{"code": "good", "at_least": 0, "zh": "良好", "en": "Good"}],
    "indicators": [
        {
            "code": "on_time",
            "zh": "按期",
            "en": "On time",
            "source": "ours",
            "kind": "ratio",
            "time": "due_at",
            "numerator": {"field": "closed_at", "lte": {"field": "due_at"}},
            "curve": [[0, 0], [1, 100]],
            "weight": 1,
        }
    ],
}


def changed(**changes: Any) -> dict[str, Any]:
    document = copy.deepcopy(GOOD)
    document["indicators"][0].update(changes)
    return {
        **document,
        "indicators": [{k: v for k, v in document["indicators"][0].items() if v != "-"}],
    }


def test_the_definitions_that_come_along_are_sound() -> None:
    loaded = load_file(None)
    assert {each.code for each in loaded.indicators} == {
        "response_rate",
        "resolution_rate",
        "satisfaction_rate",
        "closing_rate",
        "closing_on_time",
        "rework_rate",
        "first_match_rate",
        "time_to_close_median",
        "time_to_close_p90",
        "elapsed_to_close_median",
        "coverage",
    }
    assert [grade.code for grade in loaded.grades] == ["excellent", "good", "fair", "pass", "fail"]
    assert "coverage" not in {each.code for each in loaded.at("grid")}
    assert load_file(None).hash == loaded.hash


def test_conditions_are_read() -> None:
    node = {
        "all": [
            {"field": "status", "in": ["open", "closed"]},
            {"not": {"field": "solved", "is": True}},
        ]
    }
    parsed = parse_condition(node, FACT_FIELDS, "here")
    assert parsed == All(
        (Test("status", "in", ("open", "closed")), Not(Test("solved", "is", True)))
    )
    either = parse_condition(
        {"any": [{"field": "due_at", "gt": {"field": "closed_at"}}]}, FACT_FIELDS, "here"
    )
    assert either == AnyOf((Test("due_at", "gt", Other("closed_at")),))


@pytest.mark.parametrize(
    ("node", "message"),
    [
        ("closed", "a condition is a mapping"),
        ({}, "a condition has `field`, or one of"),
        ({"all": [], "any": []}, "a condition has `field`, or one of"),
        ({"all": []}, "takes a list of conditions"),
        (
            {"all": [{"field": "statuss", "is": "open"}]},
            r"here.all\[0\]: there is no field 'statuss'",
        ),
        ({"field": "status"}, "a comparison has one of"),
        ({"field": "status", "is": "open", "in": ["open"]}, "a comparison has one of"),
        ({"field": "status", "like": "o%"}, "a comparison has one of"),
        ({"field": "status", "gt": "open"}, "status is a text; here a number or time is needed"),
        ({"field": "reworks", "gte": True}, "True is no number"),
        ({"field": "status", "in": "open"}, "takes a list of values"),
        ({"field": "due_at", "lt": "2026-01-01"}, "a time is compared with another field"),
        (
            {"field": "due_at", "lt": {"field": "reworks"}},
            "reworks is a number; here a time is needed",
        ),
        ({"field": "due_at", "set": "yes"}, "'yes' is no flag"),
    ],
)
def test_a_condition_that_makes_no_sense_is_refused_with_its_place(node: Any, message: str) -> None:
    with pytest.raises(BadDefinitions, match=message):
        parse_condition(node, FACT_FIELDS, "here")


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "the document is a mapping"),
        ({**GOOD, "indicators": []}, "indicators: is a list with at least one entry"),
        ({**GOOD, "levels": []}, "unknown levels"),
        ({**GOOD, "indicators": GOOD["indicators"] * 2}, "indicators: on_time defined twice"),
        (changed(wieght=1), "indicators.on_time: unknown wieght"),
        (changed(kind="sum"), "indicators.on_time.kind: is one of ratio"),
        (changed(zh="-"), "needs a text `zh`"),
        (changed(time="status"), "time: status is a text; here a time is needed"),
        (changed(time="-"), "time: there is no field None"),
        (changed(numerator="-"), "a ratio has a `numerator`"),
        (changed(kind="median"), "a median has a `value`"),
        (changed(weight=-1), "weight: is a number from 0"),
        (changed(weight=float("nan")), "weight: is a number from 0"),
        (changed(curve=[[0, 0], [1, 101]]), "a list of knots"),
        (changed(curve=[[1, 0], [1, 100]]), "must rise"),
        (changed(curve=[[0, 100], [1, 0]]), "the points go against `better: higher`"),
        (changed(levels=["resident"]), "levels: a list out of district"),
        (changed(over="people"), "over: is one of facts, grids"),
        (changed(over="grids", numerator={"field": "full_time", "is": 1}), "there is no `time`"),
        (
            changed(penalty={"field": "reworks", "tiers": [{"from": 1, "points": 1}]}),
            "either a curve or a penalty",
        ),
        (changed(curve="-", penalty={"field": "reworks", "tiers": [3]}), "a tier is"),
    ],
)
def test_definitions_that_make_no_sense_are_refused_with_their_place(
    document: Any, message: str
) -> None:
    with pytest.raises(BadDefinitions, match=message):
        parse_definitions(document)


def test_a_file_that_is_missing_or_no_yaml_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadDefinitions, match="cannot be read"):
        load_file(str(tmp_path / "none.yaml"))
    broken = tmp_path / "broken.yaml"
    broken.write_text("indicators: [", encoding="utf-8")
    with pytest.raises(BadDefinitions, match="is not YAML"):
        load_file(str(broken))


def test_other_definitions_have_another_hash() -> None:
    assert parse_definitions(changed(weight=2)).hash != parse_definitions(changed(weight=3)).hash
