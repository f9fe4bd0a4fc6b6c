"""The fold: what a fact says, and that order and repetition never matter."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given
from linli_contracts.envelope import Event
from linli_contracts.events.grid.requests import (
    RequestLinked,
    RequestRegistered,
    RequestRejected,
    RequestRelocated,
    RequestResolvedOnSpot,
    RequestVerified,
)
from linli_contracts.events.service_desk.cases import (
    CaseAccepted,
    CaseCancelled,
    CaseClosed,
    CaseDeclined,
    CaseEscalated,
    CaseExtended,
    CaseOpened,
    CaseOverdue,
    CaseReopened,
    CaseResolved,
    CaseResumed,
    CaseReturned,
    CaseReworked,
    CaseSuspended,
)
from linli_contracts.events.service_desk.feedback import CaseRated
from linli_contracts.events.service_desk.matching import CaseDispatched, CaseUnmatched
from linli_evaluation.sources.requests.domain import CaseFact, FactEvent
from linli_evaluation.sources.requests.domain.folding import fold

DISTRICT = "110101"

STEPS: list[tuple[Any, dict[str, Any]]] = [
    (RequestRegistered, {}),
    (RequestVerified, {}),
    (RequestRelocated, {}),
    (RequestRejected, {}),
    (RequestResolvedOnSpot, {}),
    (RequestLinked, {}),
    (CaseOpened, {}),
    (CaseOpened, {"grid_code": None, "answer_due_at": None}),
    (CaseDispatched, {}),
    (CaseUnmatched, {}),
    (CaseAccepted, {}),
    (CaseDeclined, {}),
    (CaseReturned, {}),
    (CaseSuspended, {}),
    (CaseResumed, {}),
    (CaseExtended, {}),
    (CaseEscalated, {}),
    (CaseResolved, {}),
    (CaseReworked, {}),
    (CaseClosed, {}),
    (CaseClosed, {"working_hours": None}),
    (CaseCancelled, {}),
    (CaseOverdue, {"limit": "answer"}),
    (CaseOverdue, {"limit": "finish"}),
    (CaseRated, {}),
    (CaseReopened, {}),
]


def fact_event(event: Event) -> FactEvent:
    def plain(value: Any) -> str:
        return value.isoformat() if isinstance(value, datetime) else str(value)

    data = json.loads(json.dumps(event.data, default=plain))
    return FactEvent(event.id, event.type, event.subject, event.sequence, event.time, data)


def folded(story: Any, events: list[FactEvent] | None = None) -> CaseFact:
    return fold(
        story.request_id,
        [fact_event(event) for event in story.events] if events is None else events,
        DISTRICT,
    )


@given(steps=st.lists(st.sampled_from(STEPS), min_size=1, max_size=25), data=st.data())
def test_any_order_and_repetition_of_the_same_events_folds_to_the_same_fact(
    new_story: Any, steps: list[tuple[Any, dict[str, Any]]], data: st.DataObject
) -> None:
    story = new_story()
    for hours, (schema, overrides) in enumerate(steps):
        story.emit(schema, hours, **overrides)
    events = [fact_event(event) for event in story.events]
    again = data.draw(st.lists(st.sampled_from(events)))
    shuffled = data.draw(st.permutations(events + again))
    assert folded(story, shuffled) == folded(story, events)


def test_a_case_that_went_well_has_all_its_times(new_story: Any) -> None:
    story = new_story().delivered_well()
    fact = folded(story)
    assert (fact.status, fact.district_code, fact.subdistrict_code, fact.community_code) == (
        "closed",
        "110101",
        "110101001",
        "110101001001",
    )
    assert (fact.category, fact.domain) == ("housing.repair", "housing")
    assert (fact.registered_at, fact.opened_at) == (story.begins, story.time(1))
    assert (fact.answered_at, fact.answer_due_at) == (story.time(2), story.time(4))
    assert (fact.resolved_at, fact.closed_at, fact.due_at) == (
        story.time(20),
        story.time(22),
        story.time(24),
    )
    assert (fact.working_hours, fact.elapsed_hours) == (16.0, 22.0)
    assert (fact.checks, fact.reworks, fact.solved, fact.satisfaction) == (1, 0, True, 5)


def test_the_first_acceptance_counts_as_the_answer_and_who_declined_no_longer_has_the_case(
    new_story: Any,
) -> None:
    story = new_story().opened().dispatched().accepted(2).emit(CaseReturned, 3)
    assert folded(story).unit_id is None
    story.dispatched(4, due=30).accepted(5)
    fact = folded(story)
    assert (fact.answered_at, fact.first_dispatched_at, fact.dispatched_at) == (
        story.time(2),
        story.time(1.5),
        story.time(4),
    )
    assert (fact.dispatches, fact.returns, fact.declines) == (2, 1, 0)
    assert fact.unit_id is not None


def test_a_rework_is_a_check_and_takes_the_report_back(new_story: Any) -> None:
    story = new_story().opened().dispatched().accepted()
    story.emit(CaseResolved, 5).emit(CaseReworked, 6, reworks=1)
    assert folded(story).resolved_at is None
    fact = folded(story.closed())
    assert (fact.reworks, fact.checks, fact.resolved_at) == (1, 2, story.time(20))


def test_a_new_limit_has_not_passed_yet(new_story: Any) -> None:
    story = new_story().opened().dispatched(due=10)
    story.emit(CaseOverdue, 10, limit="finish", due_at=story.time(10))
    assert folded(story).overdue_finish
    story.emit(CaseExtended, 11, due_at=story.time(30))
    fact = folded(story)
    assert (fact.overdue_finish, fact.due_at, fact.extensions) == (False, story.time(30), 1)


def test_a_case_that_is_given_to_another_keeps_the_limit_that_passed(new_story: Any) -> None:
    story = new_story().opened().dispatched(due=10)
    story.emit(CaseOverdue, 10, limit="finish", due_at=story.time(10))
    story.emit(CaseReturned, 11)
    story.dispatched(at=12, due=10)
    assert folded(story).overdue_finish


def test_a_reopened_case_has_no_limit_until_it_is_given_to_somebody(new_story: Any) -> None:
    story = new_story().opened().dispatched(due=10)
    story.emit(CaseOverdue, 10, limit="finish", due_at=story.time(10))
    story.emit(CaseClosed, 20)
    story.emit(CaseReopened, 40)
    assert (folded(story).due_at, folded(story).overdue_finish) == (None, False)


@pytest.mark.parametrize(("ended", "hours"), [(None, None), (5, 5.0)])
def test_history_that_does_not_say_when_it_ended_took_an_unknown_time(
    new_story: Any, ended: float | None, hours: float | None
) -> None:
    story = new_story()
    ended_at = story.time(ended) if ended else None
    recorded = {"outcome": "closed", "ended_at": ended_at, "reason": None}
    story.emit(RequestRegistered, 0).emit(RequestVerified, 0, recorded=recorded)
    story.emit(CaseOpened, 0, service="housing.repair")
    story.emit(CaseClosed, ended or 0, working_hours=None)
    assert (folded(story).status, folded(story).elapsed_hours) == ("closed", hours)


def test_a_reopened_case_is_open_and_keeps_what_the_resident_said(new_story: Any) -> None:
    fact = folded(new_story().delivered_well().emit(CaseReopened, 40))
    assert (fact.status, fact.closed_at, fact.elapsed_hours, fact.reopened) == (
        "open",
        None,
        None,
        1,
    )
    assert fact.solved is True


def test_imported_history_is_known_as_such_and_was_checked_by_nobody(new_story: Any) -> None:
    story = new_story(channel="import").opened().emit(CaseClosed, 50, working_hours=None)
    fact = folded(story)
    assert (fact.imported, fact.status, fact.checks, fact.working_hours, fact.elapsed_hours) == (
        True,
        "closed",
        0,
        None,
        50.0,
    )


@pytest.mark.parametrize(
    ("schema", "status"),
    [
        (RequestRejected, "rejected"),
        (RequestResolvedOnSpot, "resolved_on_spot"),
        (RequestLinked, "linked"),
    ],
)
def test_a_request_that_ends_in_the_grid_has_no_case(
    new_story: Any, schema: Any, status: str
) -> None:
    fact = folded(new_story().emit(RequestRegistered, 0).emit(schema, 1))
    assert (fact.status, fact.case_id) == (status, None)


def test_a_request_given_to_another_grid_counts_there_however_it_ends(new_story: Any) -> None:
    story = new_story().registered().emit(RequestRelocated, 1, grid_code="110101005002003")
    fact = folded(story.emit(RequestRejected, 2))
    assert (fact.status, fact.grid_code, fact.community_code) == (
        "rejected",
        "110101005002003",
        "110101005002",
    )


def test_a_request_outside_every_grid_belongs_to_the_district_alone(new_story: Any) -> None:
    fact = folded(new_story(grid_code=None).registered())
    assert (fact.grid_code, fact.community_code, fact.district_code) == (None, None, DISTRICT)


def test_other_data_gives_another_digest(new_story: Any) -> None:
    first, *rest = [fact_event(event) for event in new_story().registered().events]
    other = FactEvent(
        first.event_id,
        first.type,
        first.subject,
        first.sequence,
        first.time,
        {**first.data, "x": 1},
    )
    story_id = new_story().request_id
    assert (
        fold(story_id, [first, *rest], DISTRICT).digest
        != fold(story_id, [other, *rest], DISTRICT).digest
    )
