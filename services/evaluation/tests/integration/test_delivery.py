"""Order, repetition and concurrency change nothing."""

from __future__ import annotations

import threading
from typing import Any

import hypothesis.strategies as st
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from hypothesis import HealthCheck, given, settings
from linli_contracts.envelope import Event
from linli_contracts.events.grid.staffing import WorkerAssigned
from linli_contracts.events.grid.territory import GridDrawn
from linli_contracts.events.organization.regions import RegionRegistered
from linli_contracts.events.service_desk.cases import (
    CaseDeclined,
    CaseOverdue,
    CaseResolved,
    CaseReworked,
)
from linli_contracts.events.service_desk.matching import CaseUnmatched
from linli_devkit.contracts.examples import example_event
from linli_evaluation.service import EvaluationService
from linli_evaluation.settings import Uow
from linli_evaluation.sources import LEVELS
from linli_evaluation.sources.requests.commands import record_events
from linli_evaluation.tables import metadata

GRIDS = ("110101001001001", "110101001001002", "110101002001001", None)
TABLES = "fact_event, fact, region, unit, grid, staffing, inbox"


def a_month(new_story: Any) -> list[Event]:
    """Cases of all kinds in three grids and outside, with names, in the order of events."""
    events: list[Event] = []
    for number in range(16):
        story = new_story(GRIDS[number % 4])
        if number % 5 == 4:
            story.opened().dispatched().emit(CaseDeclined, 2)
            story.emit(CaseUnmatched, 2).emit(CaseOverdue, 4, limit="answer")
        else:
            story.opened().dispatched().accepted(2 + number).emit(CaseResolved, 10)
            story.emit(CaseReworked, 11, reworks=1).closed(hours=7.1 * number).rated(
                satisfaction=1 + number % 5
            )
        events += story.events
    for sequence, name in enumerate(("old name", "新名字"), start=1):
        for code in ("110101", "110101001", "110101001001"):
            level = {6: "district", 9: "subdistrict", 12: "community"}[len(code)]
            events.append(
                example_event(
                    RegionRegistered,
                    region_code=code,
                    name=name,
                    level=level,
                    parent_code=None,
                    sequence=sequence,
                )
            )
    for code in GRIDS[:3]:
        events.append(example_event(GridDrawn, grid_code=code, community_code=code[:12]))
        for sequence, active in enumerate((True, False, code == GRIDS[0]), start=1):
            events.append(
                example_event(WorkerAssigned, grid_code=code, active=active, sequence=sequence)
            )
    return events


def bodies(evaluation: Any) -> list[bytes]:
    return [evaluation.get(f"/scorecards?level={level}&period=2026-11").data for level in LEVELS]


@pytest.fixture
def evaluation(service: Any) -> Any:
    return service(EvaluationService)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_the_same_events_shuffled_and_each_twice_give_the_same_scorecards_to_the_byte(
    evaluation: Any, new_story: Any, data: st.DataObject
) -> None:
    events = a_month(new_story)
    empty(evaluation)
    evaluation.deliver(*events)
    expected = bodies(evaluation)
    empty(evaluation)
    shuffled = data.draw(st.permutations(events * 2))
    while shuffled:
        size = data.draw(st.integers(1, 60))
        evaluation.forget()  # so that the handlers see the repetition, not the inbox
        evaluation.deliver(*shuffled[:size])
        shuffled = shuffled[size:]
    assert bodies(evaluation) == expected


def empty(evaluation: Any) -> None:
    with evaluation.unit_of_work() as uow:
        uow.connection.execute(sa.text(f"TRUNCATE {TABLES}"))


@pytest.mark.parametrize("known", [0, 2])
def test_two_consumers_of_the_same_request_lose_nothing(
    evaluation: Any, new_story: Any, known: int
) -> None:
    """The second is held until the first commits, and then folds what the first one kept too."""
    story = new_story().delivered_well()
    evaluation.deliver(*story.events[:known])
    half = len(story.events) // 2
    began = threading.Event()
    errors: list[Exception] = []

    def second() -> None:
        try:
            with evaluation.unit_of_work() as uow:
                began.set()
                record_events(uow, story.events[half:])
        except Exception as error:
            errors.append(error)

    with evaluation.unit_of_work() as uow:
        record_events(uow, story.events[known:half])
        other = threading.Thread(target=second)
        other.start()
        began.wait(10)
        wait_until_blocked(uow)
    other.join(20)
    assert not errors
    fact = evaluation.get(f"/facts/{story.request_id}").json
    assert (fact["status"], fact["answered_at"] is not None, fact["satisfaction"]) == (
        "closed",
        True,
        5,
    )
    assert len(fact["events"]) == len(story.events)


def wait_until_blocked(uow: Uow) -> None:
    """Until another connection waits for a lock that this one holds."""
    blocked = sa.text(
        "SELECT count(*) FROM pg_stat_activity WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid))"
    )
    for _ in range(100_000):
        if uow.connection.execute(blocked).scalar():
            return
    raise AssertionError("the second transaction did not wait")


def test_many_consumers_of_overlapping_requests_do_not_deadlock(
    evaluation: Any, new_story: Any
) -> None:
    stories = [new_story().delivered_well() for _ in range(20)]
    errors: list[Exception] = []

    def consume(turn: int) -> None:
        mine = [event for story in stories for event in story.events[turn::4]]
        try:
            with evaluation.unit_of_work() as uow:
                record_events(uow, mine[::-1] if turn % 2 else mine)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=consume, args=(turn,)) for turn in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not errors
    statuses = {item["status"] for item in evaluation.get("/facts").json["items"]}
    assert statuses == {"closed"}


def test_an_event_that_changes_nothing_writes_nothing(evaluation: Any, new_story: Any) -> None:
    story = new_story().delivered_well()
    version = sa.text("SELECT xmin::text FROM fact")
    with evaluation.unit_of_work() as uow:
        record_events(uow, story.events)
    with evaluation.unit_of_work() as uow:
        before = uow.connection.execute(version).scalar()
        record_events(uow, story.events)
        digests = uow.connection.execute(version).scalar()
    assert before == digests


def test_the_migrations_make_the_tables_that_the_code_uses(evaluation: Any) -> None:
    with evaluation.unit_of_work() as uow:
        context = MigrationContext.configure(
            uow.connection,
            opts={
                "include_name": lambda name, kind, _: kind != "table" or name in metadata.tables,
                "compare_server_default": True,
            },
        )
        assert compare_metadata(context, metadata) == []
