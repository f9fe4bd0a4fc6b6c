"""Closing a period, and revising it."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from linli_chassis.http import Actor, Principal
from linli_chassis.settings import BadSettings
from linli_contracts.events.evaluation.scorecards import ScorecardPublished
from linli_contracts.events.service_desk.cases import CaseOpened
from linli_evaluation.errors import PeriodAlreadyClosed
from linli_evaluation.indicators import load_stored
from linli_evaluation.periods.commands import close_period
from linli_evaluation.periods.domain import ClosePeriod
from linli_evaluation.service import EvaluationService

GRID = "110101001001001"
DISTRICT = GRID[:6]
DECEMBER = datetime(2026, 12, 1, tzinfo=UTC)


@pytest.fixture
def evaluation(service: Any) -> Any:
    under_test = service(EvaluationService)
    under_test.now = lambda: DECEMBER
    return under_test


@pytest.fixture
def stories(evaluation: Any, new_story: Any) -> list[Any]:
    stories = [new_story().delivered_well() for _ in range(4)]
    evaluation.deliver(*(event for story in stories for event in story.events))
    return stories


def close(evaluation: Any, period: str = "2026-11", **body: Any) -> Any:
    return evaluation.post(f"/periods/{period}/close", json=body, role="evaluator")


def revise(evaluation: Any, period: str = "2026-11", **body: Any) -> Any:
    return evaluation.post(f"/periods/{period}/revise", json=body, role="evaluator")


def cards(evaluation: Any, level: str = "grid", period: str = "2026-11") -> Any:
    return evaluation.get(f"/scorecards?level={level}&period={period}").json


def test_closing_publishes_a_scorecard_for_every_subject(
    evaluation: Any, stories: list[Any]
) -> None:
    live = cards(evaluation)
    closed = close(evaluation)
    assert closed.status_code == 201, closed.text
    assert (closed.json["revision"], closed.json["scorecards"]) == (1, 5)
    published = evaluation.published()
    assert {event.type for event in published} == {ScorecardPublished.event_type.name}
    assert [event.data["subject_kind"] for event in published] == [
        "district",
        "subdistrict",
        "community",
        "grid",
        "unit",
    ]
    payload = published[3].data
    assert (payload["subject"], payload["period"], payload["revision"], payload["rank"]) == (
        GRID,
        "2026-11",
        1,
        1,
    )
    assert payload["score"] == live["items"][0]["score"]
    assert (payload["definitions_hash"], payload["inputs_hash"]) == (
        live["definitions_hash"],
        closed.json["inputs_hash"],
    )
    after = cards(evaluation)
    assert (after["closed"], after["revision"]) == (True, 1)
    assert after["items"] == live["items"]


def test_a_closed_period_does_not_move_until_it_is_revised(
    evaluation: Any, stories: list[Any]
) -> None:
    close(evaluation)
    before = cards(evaluation)
    stories[0].rated(40, solved=False, satisfaction=1)
    evaluation.deliver(stories[0].events[-1])
    assert cards(evaluation) == before
    path = f"/scorecards/{GRID}/cases?period=2026-11&indicator=resolution_rate"
    opened = {item["request_id"]: item for item in evaluation.get(path).json["items"]}
    case = opened[str(stories[0].request_id)]
    assert (case["numerator"], case["changed"]) == (
        1,
        True,
    )  # as it was counted, and a word that it is so no more
    revised = revise(evaluation, reason="A resident corrected the answer.")
    assert (revised.status_code, revised.json["revision"]) == (201, 2)
    assert revised.json["inputs_hash"] != before["inputs_hash"]
    after = cards(evaluation)
    assert (after["revision"], after["items"][0]["score"] < before["items"][0]["score"]) == (
        2,
        True,
    )
    first, second = (event for event in evaluation.published() if event.data["subject"] == GRID)
    assert (first.subject, first.sequence, second.sequence) == (second.subject, 1, 2)


def test_of_two_who_close_at_once_one_is_refused(evaluation: Any, stories: list[Any]) -> None:
    evaluator = Actor(Principal("tester", frozenset({"evaluator"}), DISTRICT))
    ends: list[str] = []

    def try_to_close() -> None:
        try:
            with evaluation.unit_of_work() as uow:
                close_period(uow, evaluator, "2026-11", ClosePeriod(early=False))
            ends.append("closed")
        except PeriodAlreadyClosed:
            ends.append("refused")

    threads = [threading.Thread(target=try_to_close) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(ends) == ["closed", "refused"]
    assert len(evaluation.published()) == 5


def test_closing_twice_and_revising_what_is_open_are_refused(
    evaluation: Any, stories: list[Any]
) -> None:
    refused = revise(evaluation, reason="too soon")
    assert (refused.status_code, refused.json["type"]) == (
        409,
        "urn:linli:problem:period-still-open",
    )
    close(evaluation)
    again = close(evaluation)
    assert (again.status_code, again.json["type"]) == (
        409,
        "urn:linli:problem:period-already-closed",
    )
    assert revise(evaluation).status_code == 422
    assert revise(evaluation, reason="").json["errors"][0]["pointer"] == "/reason"


def test_a_period_that_runs_is_closed_early_only_when_asked_for(
    evaluation: Any, stories: list[Any]
) -> None:
    refused = close(evaluation, "2026")
    assert (refused.status_code, refused.json["type"]) == (409, "urn:linli:problem:period-not-over")
    assert not evaluation.published()
    assert close(evaluation, "2026", early=True).status_code == 201


def test_a_month_is_over_at_midnight_of_the_district(evaluation: Any, stories: list[Any]) -> None:
    evaluation.now = lambda: datetime(2026, 11, 30, 15, 59, 59, tzinfo=UTC)
    assert close(evaluation).status_code == 409
    evaluation.now = lambda: datetime(2026, 11, 30, 16, 0, tzinfo=UTC)
    assert close(evaluation).status_code == 201


def test_the_same_facts_have_the_same_inputs_hash(
    evaluation: Any, stories: list[Any], new_story: Any
) -> None:
    month, quarter = close(evaluation).json, close(evaluation, "2026-Q4", early=True).json
    assert month["inputs_hash"] == quarter["inputs_hash"]
    other = new_story(begins=datetime(2026, 12, 1, tzinfo=UTC)).delivered_well()
    evaluation.deliver(*other.events)
    assert revise(evaluation, reason="nothing changed").json["inputs_hash"] == month["inputs_hash"]
    assert (
        revise(evaluation, "2026-Q4", reason="December").json["inputs_hash"] != month["inputs_hash"]
    )


def test_an_empty_period_can_be_closed(evaluation: Any) -> None:
    assert close(evaluation, "2025").json["scorecards"] == 0
    assert cards(evaluation, period="2025")["items"] == []


README = Path(__file__).parents[2] / "README.md"


def test_a_district_scores_by_its_own_definitions_as_the_readme_shows(
    service: Any, new_story: Any, tmp_path: Path
) -> None:
    file = tmp_path / "indicators.yaml"
    file.write_text(
        README.read_text(encoding="utf-8").split("```yaml\n")[1].split("```")[0], encoding="utf-8"
    )
    evaluation = service(EvaluationService, LINLI_INDICATORS_FILE=str(file))
    hours = (6.0, 7.5, 8.0, 9.0)
    stories = [new_story().opened().dispatched().accepted().closed(hours=each) for each in hours]
    elsewhere = new_story(category="environment.noise").registered()
    elsewhere.emit(CaseOpened, 1, service="environment.noise").closed(hours=1.0)
    evaluation.deliver(*(event for story in (*stories, elsewhere) for event in story.events))
    item = cards(evaluation)["items"][0]
    assert [(each["code"], each["value"]) for each in item["indicators"]] == [
        ("closed_same_day", 0.75)
    ]
    assert (item["score"], item["level"], item["cases"]) == (50.0, "pass", 4)


def test_a_file_of_definitions_that_cannot_be_used_stops_the_start(
    service: Any, tmp_path: Path
) -> None:
    file = tmp_path / "indicators.yaml"
    file.write_text("indicators: []", encoding="utf-8")
    with pytest.raises(
        BadSettings, match=r"LINLI_INDICATORS_FILE: definitions\.indicators: is a list"
    ):
        service(EvaluationService, LINLI_INDICATORS_FILE=str(file))


def test_a_closed_period_is_read_by_the_definitions_it_was_scored_by(
    evaluation: Any, stories: list[Any]
) -> None:
    close(evaluation)
    opened = evaluation.get(f"/scorecards/{GRID}?period=2026-11").json
    with evaluation.unit_of_work() as uow:
        stored = load_stored(uow.connection, opened["definitions_hash"])
    assert stored.hash == opened["definitions_hash"]
