from dataclasses import fields
from datetime import timedelta
from uuid import UUID

import pytest
from linli_contracts.schema import schema_instance
from linli_service_desk.cases.commands import PUBLISHED
from linli_service_desk.cases.domain import events
from linli_service_desk.cases.domain.actions import (
    AcceptCase,
    Assignment,
    CheckCase,
    DeclineCase,
    DispatchCase,
    EscalateCase,
    ExtendCase,
    ReopenCase,
    ResolveCase,
    ResumeCase,
    ReturnCase,
    SuspendCase,
)
from linli_service_desk.cases.domain.case import State
from linli_service_desk.cases.domain.decisions import answer_overdue, finish_overdue, unmatched
from linli_service_desk.cases.domain.states import decide
from linli_service_desk.errors import DateNotAhead, TransitionRefused

DISPATCH = DispatchCase(Assignment(UUID(int=10), UUID(int=20), "matching"))
RESOLVE = ResolveCase("done", ["photo"])
HOUR = timedelta(hours=1)


@pytest.fixture
def handled(new_case, context):
    """A case that was dispatched and accepted at `now`."""
    return decide(decide(new_case(), DISPATCH, context()).case, AcceptCase(), context()).case


def names(step):
    return [type(event).__name__ for event in step.events]


def test_the_clock_to_finish_starts_with_the_first_dispatch_only(new_case, context, now):
    first = decide(new_case(), DISPATCH, context()).case
    declined = decide(first, DeclineCase("other"), context(now + HOUR)).case
    second = decide(declined, DISPATCH, context(now + 2 * HOUR)).case
    assert (second.dispatched_at, second.due_at) == (now, now + 40 * HOUR)
    assert (
        second.reply_due_at == now + 6 * HOUR
    )  # half of the time to answer, from when it was asked


def test_a_provider_has_an_hour_to_reply_at_least(context):
    assert context(answer_hours=1, finish_hours=8).reply_hours == 1


def test_three_reassignments_without_an_owner_raise_the_case_one_level(new_case, context):
    case = new_case()
    levels = []
    for _ in range(6):
        dispatched = decide(case, DISPATCH, context()).case
        case = decide(dispatched, DeclineCase("no_capacity"), context()).case
        levels.append(case.level)
    assert levels == [None, None, "community", "community", "community", "subdistrict"]


def test_a_returned_case_names_its_owner_and_publishes_it(handled, context):
    step = decide(handled, ReturnCase(UUID(int=99)), context())
    assert (step.case.state, step.case.owner_unit_id, step.case.unit_id) == (
        State.ESTABLISHED,
        UUID(int=99),
        None,
    )
    assert step.events[0] == events.Returned(
        resource_id=DISPATCH.to.resource_id,
        unit_id=DISPATCH.to.unit_id,
        owner_unit_id=UUID(int=99),
    )


def test_a_suspension_moves_the_limit_by_the_hours_it_lasted(handled, context, now):
    suspend = SuspendCase("season", now + 30 * HOUR)
    suspended = decide(handled, suspend, context(now + HOUR)).case
    resumed = decide(suspended, ResumeCase(), context(now + 11 * HOUR)).case
    assert (resumed.state, resumed.due_at, resumed.suspended_hours) == (
        State.HANDLING,
        now + 50 * HOUR,
        10,
    )


def test_a_suspension_must_end_in_the_future(handled, context, now):
    with pytest.raises(DateNotAhead):
        decide(handled, SuspendCase("season", now), context())


def test_worked_hours_count_neither_suspension_nor_the_wait_for_the_check(handled, context, now):
    suspend = SuspendCase("season", now + 30 * HOUR)
    suspended = decide(handled, suspend, context(now + HOUR)).case
    resumed = decide(suspended, ResumeCase(), context(now + 11 * HOUR)).case
    resolved = decide(resumed, RESOLVE, context(now + 15 * HOUR)).case
    closed = decide(resolved, CheckCase(passed=True), context(now + 100 * HOUR))
    assert closed.events[0] == events.Closed(working_hours=5.0)


def test_a_limit_is_extended_once(handled, context, now):
    extended = decide(handled, ExtendCase("complex", 8), context()).case
    assert extended.due_at == now + 48 * HOUR
    with pytest.raises(TransitionRefused) as refused:
        decide(extended, ExtendCase("complex", 8), context())
    assert refused.value.params["why"] == "extended_already"


def test_the_third_rework_raises_the_case(handled, context):
    case, published = handled, []
    for _ in range(3):
        resolved = decide(case, RESOLVE, context()).case
        step = decide(resolved, CheckCase(passed=False), context())
        case, published = step.case, names(step)
    assert case.reworks == 3
    assert published == ["Reworked", "Escalated"]
    assert (case.state, case.level) == (State.HANDLING, "community")


def test_a_case_is_raised_one_level_at_a_time_and_never_above_the_district(new_case, context):
    case = new_case()
    levels = []
    for _ in range(3):
        case = decide(case, EscalateCase("other"), context()).case
        levels.append(case.level)
    assert levels == ["community", "subdistrict", "district"]
    assert names(answer_overdue(case)) == ["Overdue"]


def test_a_reopened_case_starts_all_clocks_anew(handled, context, now):
    resolved = decide(handled, RESOLVE, context()).case
    closed = decide(resolved, CheckCase(passed=True), context()).case
    later = now + timedelta(days=9)
    again = decide(closed, ReopenCase("came_back"), context(later)).case
    assert (again.state, again.dispatched_at, again.due_at, again.ended_at) == (
        State.ESTABLISHED,
        None,
        None,
        None,
    )
    assert again.answer_due_at == later + 8 * HOUR
    assert again.answered_at is None


def test_that_nobody_can_take_it_is_published_once_for_each_reason(new_case, now):
    first = unmatched(new_case(), "no_service", now)
    second = unmatched(first.case, "no_capacity", now)
    again = unmatched(second.case, "no_service", now)
    assert [names(step) for step in (first, second, again)] == [["Unmatched"], ["Unmatched"], []]


def test_a_limit_that_was_moved_can_pass_again(handled, context):
    passed = finish_overdue(handled).case
    assert passed.finish_overdue_for == passed.due_at
    extended = decide(passed, ExtendCase("complex", 8), context()).case
    assert extended.finish_overdue_for != extended.due_at


@pytest.mark.parametrize("event", PUBLISHED, ids=lambda event: event.__name__)
def test_what_is_published_has_the_fields_of_the_domain_event_and_the_two_ids(event):
    contract = PUBLISHED[event]
    assert contract.__name__ == f"Case{event.__name__}"
    published = set(schema_instance(contract.schema).fields)
    assert published == {field.name for field in fields(event)} | {"case_id", "request_id"}


def test_every_event_of_the_domain_is_published():
    classes = {each for each in vars(events).values() if isinstance(each, type)}
    declared = {each for each in classes if issubclass(each, events.DomainEvent)}
    assert declared - {events.DomainEvent, events.HolderEvent} == set(PUBLISHED)
