"""Scorecards of an open period are counted once for all who look, and anew when news came."""

from __future__ import annotations

import threading
from typing import Any
from uuid import uuid4

import pytest
from linli_contracts.events.grid.staffing import WorkerAssigned
from linli_contracts.events.grid.territory import GridDrawn
from linli_devkit.contracts.examples import example_event
from linli_evaluation.scorecards import tables
from linli_evaluation.scorecards.queries import showing
from linli_evaluation.service import EvaluationService
from linli_evaluation.sources import LEVELS
from linli_evaluation.sources.requests.commands import record_events

GRID = "110101001001001"
PERIOD = "period=2026-11"


@pytest.fixture
def evaluation(service: Any) -> Any:
    return service(EvaluationService)


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The levels that were counted and scored, one entry for each time."""
    calls: list[list[str]] = []
    compute = showing.compute

    def counted(uow: Any, basis: Any, levels: Any) -> Any:
        calls.append(list(levels))
        return compute(uow, basis, levels)

    monkeypatch.setattr(showing, "compute", counted)
    return calls


def look(evaluation: Any, level: str = "grid") -> bytes:
    answer = evaluation.get(f"/scorecards?level={level}&{PERIOD}")
    assert answer.status_code == 200, answer.text
    return bytes(answer.data)


def deliver(evaluation: Any, *stories: Any) -> None:
    evaluation.deliver(*(event for story in stories for event in story.events))


def test_what_did_not_change_is_not_counted_again(
    evaluation: Any, new_story: Any, computed: list[list[str]]
) -> None:
    deliver(evaluation, *(new_story().delivered_well() for _ in range(4)))
    first = look(evaluation)
    assert [look(evaluation) for _ in range(3)] == [first] * 3
    assert evaluation.get(f"/scorecards/{GRID}?{PERIOD}").json["rank"] == 1
    assert computed == [["grid"]]


def test_every_kind_of_news_is_counted_at_once(
    evaluation: Any, new_story: Any, computed: list[list[str]]
) -> None:
    stories = [new_story().delivered_well() for _ in range(4)]
    deliver(evaluation, *stories)
    worker = {"grid_code": GRID, "worker_id": uuid4(), "duty": "full_time", "active": True}
    before = look(evaluation, "community")
    for news in (
        stories[0].rated(40, solved=False, satisfaction=1).events[-1],
        example_event(GridDrawn, grid_code=GRID, community_code=GRID[:12]),
        example_event(WorkerAssigned, **worker),
    ):
        evaluation.deliver(news)
        after = look(evaluation, "community")
        assert after != before
        before = after
    assert computed == [["community"]] * 4


def test_what_is_kept_equals_what_is_counted_anew_to_the_byte(
    evaluation: Any, new_story: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    grids = (GRID, GRID[:-1] + "2", "110101002001001", None)
    for number in range(8):
        story = new_story(grids[number % 4]).opened().dispatched().accepted(1 + number % 6)
        deliver(evaluation, story.closed(hours=7.1 * number).rated(satisfaction=1 + number % 5))
        kept = [look(evaluation, level) for level in LEVELS]
        monkeypatch.setattr(showing, "SCORING", number + 100)  # so that nothing kept is of use
        assert [look(evaluation, level) for level in LEVELS] == kept


def test_news_that_is_committed_while_a_level_is_counted_is_counted_by_the_next_look(
    evaluation: Any, new_story: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    stories = [new_story().delivered_well() for _ in range(4)]
    deliver(evaluation, *stories)
    news = stories[0].rated(40, solved=False, satisfaction=1).events[-1]
    compute = showing.compute

    def interrupted(*args: Any) -> Any:
        cards = compute(*args)
        evaluation.deliver(news)
        return cards

    with monkeypatch.context() as during:
        during.setattr(showing, "compute", interrupted)
        stale = look(evaluation)
    fresh = look(evaluation)
    assert fresh != stale
    assert b'"numerator":3' in fresh.replace(b" ", b"")


def test_who_changes_facts_waits_for_no_other_who_does(evaluation: Any, new_story: Any) -> None:
    one, other = new_story().delivered_well(), new_story().delivered_well()
    done = threading.Event()

    def second() -> None:
        with evaluation.unit_of_work() as uow:
            record_events(uow, other.events)
        done.set()

    with evaluation.unit_of_work() as uow:
        record_events(uow, one.events)
        thread = threading.Thread(target=second)
        thread.start()
        assert done.wait(30), "the second waited for the first"
    thread.join(30)


def test_of_many_periods_those_looked_at_last_are_kept(
    evaluation: Any, new_story: Any, computed: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "MAX_SCORINGS", 3)
    deliver(evaluation, new_story().delivered_well())
    for month in range(1, 7):
        evaluation.get(f"/scorecards?level=grid&period=2026-{month:02}")
    assert len(computed) == 6
    evaluation.get("/scorecards?level=grid&period=2026-06")
    assert len(computed) == 6
    evaluation.get("/scorecards?level=grid&period=2026-01")
    assert len(computed) == 7
