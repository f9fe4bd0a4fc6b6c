from __future__ import annotations

import io
from typing import Any

import pytest
from linli.commands import doctor as doctor_command
from linli.commands import report as report_command
from linli.commands import status as status_command
from linli.imports.progress import render_tally
from linli.imports.rows import Refusal, Row
from linli.imports.tally import Tally
from linli.local.checks import all_checks
from linli.operations.scorecards import score_bar
from linli_chassis.messaging.operations import ServiceStatus
from rich.console import Console

DEFINITIONS = {
    "indicators": [
        {
            "code": "closing_rate",
            "zh": "结案率",
            "en": "Closing rate",
            "kind": "ratio",
            "weight": 30,
        },
        {
            "code": "time_to_close_median",
            "zh": "办结时长",
            "en": "Time to close",
            "kind": "median",
            "weight": 10,
        },
        {
            "code": "resolution_rate",
            "zh": "解决率",
            "en": "Resolution rate",
            "kind": "ratio",
            "weight": 35,
        },
    ],
    "grades": [{"code": "good", "zh": "良好", "en": "Good", "at_least": 80}],
}


def scorecards(**changes: Any) -> dict[str, Any]:
    indicators = [
        {"code": "closing_rate", "value": 0.925, "numerator": 37, "denominator": 40, "points": 90},
        {
            "code": "time_to_close_median",
            "value": 3.25,
            "numerator": None,
            "denominator": 37,
            "points": 80,
        },
        {
            "code": "resolution_rate",
            "value": None,
            "numerator": 1,
            "denominator": 1,
            "points": None,
        },
    ]
    item = {
        "subject": "110101005001",
        "name": "海运仓社区",
        "score": 88.9,
        "rank": 1,
        "level": "good",
        "cases": 40,
    }
    unknown = {
        **item,
        "subject": "110101005002",
        "name": None,
        "score": None,
        "rank": None,
        "level": None,
    }
    items = [{**item, "indicators": indicators}, {**unknown, "indicators": []}]
    return {
        "level": "community",
        "period": "2026-11",
        "closed": False,
        "revision": None,
        "items": items,
        **changes,
    }


@pytest.fixture
def paper() -> Console:
    return Console(record=True, width=120, file=io.StringIO(), legacy_windows=False)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["Scorecards of communities", "Closing", "Good", "The period is open"]),
        ("zh", ["社区评分", "结案率", "良好", "周期尚未结束"]),
    ],
)
def test_a_report_shows_names_scores_and_what_they_were_counted_from(
    paper: Console, monkeypatch: pytest.MonkeyPatch, language: str, words: list[str]
) -> None:
    monkeypatch.setenv("LINLI_LANGUAGE", language)
    report_command.render(paper, scorecards(), DEFINITIONS)
    text = paper.export_text()
    for word in [
        *words,
        "海运仓社区",
        "88.9 █████░",
        "92%",
        "37/40",
        "3.25",
        "n=37",
        "110101005002",
    ]:
        assert word in text


def test_a_narrow_report_shows_what_is_known_and_weighs_most_first() -> None:
    paper = Console(record=True, width=60, file=io.StringIO())
    report_command.render(paper, scorecards(), DEFINITIONS)
    text = paper.export_text()
    assert "92%" in text
    assert "Resolution" not in text
    assert max(map(len, text.splitlines())) <= 60


def test_a_period_without_facts_is_said_in_words(paper: Console) -> None:
    report_command.render(paper, scorecards(items=[]), DEFINITIONS)
    assert paper.export_text().strip() == "No facts in this period yet."


def test_a_report_as_csv_has_a_line_for_each_indicator() -> None:
    lines = report_command.to_csv(scorecards()).splitlines()
    assert len(lines) == 1 + 3 + 1
    assert lines[1] == "110101005001,海运仓社区,1,88.9,good,40,closing_rate,0.925,37,40,90"


@pytest.mark.parametrize(("score", "full"), [(0.0, 0), (50.0, 3), (100.0, 6), (-5.0, 0)])
def test_the_bar_of_a_score_is_as_long_as_the_score(score: float, full: int) -> None:
    assert score_bar(score).plain.count("█") == full


@pytest.mark.parametrize(("language", "word"), [("en", "Refused"), ("zh", "被拒绝")])
def test_refusals_are_grouped_by_their_reason(
    paper: Console, monkeypatch: pytest.MonkeyPatch, language: str, word: str
) -> None:
    monkeypatch.setenv("LINLI_LANGUAGE", language)
    tally = Tally()
    tally.posted(
        [Row(2, {}), Row(3, {})],
        {"accepted": 1, "refused": [{"index": 1, "pointer": "/items/1/name", "detail": "[x]"}]},
    )
    for line in range(4, 20):
        tally.refuse(Refusal(line, "type", "'Pothole' is not mapped"))
    render_tally(paper, "units", tally, 1.0)
    text = paper.export_text()
    assert word in text
    assert "name: [x]" in text
    assert "4, 5, 6, 7, 8, 9" in text
    assert "16" in text
    assert len(tally.groups) == 2


def test_a_service_with_dead_events_says_what_to_do(paper: Console) -> None:
    statuses = [ServiceStatus("grid", 3, 1.25, 0, 2, None)]
    status_command.render(paper, statuses)
    text = paper.export_text()
    assert "1.2 s" in text
    assert "linli events dead list" in text


def test_the_doctor_finds_what_the_tests_run_on(paper: Console) -> None:
    checks = all_checks()
    doctor_command._render(paper, checks, ready=True)
    assert {check.name for check in checks if check.required} >= {
        "Python",
        "Disk",
        "Time zone data",
    }
    assert all(check.remedy for check in checks if not check.ok)
    assert "Ready for `linli demo`." in paper.export_text()
