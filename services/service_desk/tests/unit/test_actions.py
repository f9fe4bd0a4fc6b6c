from datetime import timedelta
from uuid import UUID

import pytest
from linli_service_desk.domain import actions
from linli_service_desk.domain.actions import Assignment
from linli_service_desk.domain.case import State
from linli_service_desk.domain.errors import DateNotAhead, TransitionRefused

TO = Assignment(UUID(int=10), UUID(int=20), "matching")
HOUR = timedelta(hours=1)


@pytest.fixture
def handled(new_case, rules, now):
    """A case that was dispatched and accepted at `now`."""
    step = actions.dispatch(new_case(), TO, rules, now)
    return actions.accept(step.case, rules, now).case


def told(step):
    return [fact.name for fact in step.facts]


def test_the_clock_to_finish_starts_with_the_first_dispatch_only(new_case, rules, now):
    first = actions.dispatch(new_case(), TO, rules, now).case
    declined = actions.decline(first, "other", rules, now + HOUR).case
    second = actions.dispatch(declined, TO, rules, now + 2 * HOUR).case
    assert (second.dispatched_at, second.due_at) == (now, now + 40 * HOUR)
    assert (
        second.reply_due_at == now + 6 * HOUR
    )  # half of the time to answer, from when it was asked


def test_a_provider_has_an_hour_to_reply_at_least(rules):
    assert type(rules)(rules.calendar, answer_hours=1, finish_hours=8).reply_hours == 1


def test_three_reassignments_without_an_owner_raise_the_case_one_level(new_case, rules, now):
    case = new_case()
    levels = []
    for _ in range(6):
        step = actions.decline(
            actions.dispatch(case, TO, rules, now).case, "no_capacity", rules, now
        )
        case = step.case
        levels.append(case.level)
    assert levels == [None, None, "community", "community", "community", "subdistrict"]


def test_a_returned_case_names_its_owner_and_is_told_so(handled, rules, now):
    step = actions.return_(handled, UUID(int=99), rules, now)
    assert (step.case.state, step.case.owner_unit_id, step.case.unit_id) == (
        State.ESTABLISHED,
        UUID(int=99),
        None,
    )
    assert step.facts[0].data == {
        "resource_id": TO.resource_id,
        "unit_id": TO.unit_id,
        "owner_unit_id": UUID(int=99),
    }


def test_a_suspension_moves_the_limit_by_the_hours_it_lasted(handled, rules, now):
    suspended = actions.suspend(handled, "season", now + 30 * HOUR, rules, now + HOUR).case
    resumed = actions.resume(suspended, rules, now + 11 * HOUR).case
    assert (resumed.state, resumed.due_at, resumed.suspended_hours) == (
        State.HANDLING,
        now + 50 * HOUR,
        10,
    )


def test_a_suspension_must_end_in_the_future(handled, rules, now):
    with pytest.raises(DateNotAhead):
        actions.suspend(handled, "season", now, rules, now)


def test_worked_hours_count_neither_suspension_nor_the_wait_for_the_check(handled, rules, now):
    suspended = actions.suspend(handled, "season", now + 30 * HOUR, rules, now + HOUR).case
    resumed = actions.resume(suspended, rules, now + 11 * HOUR).case
    resolved = actions.resolve(resumed, rules, now + 15 * HOUR).case
    closed = actions.check(resolved, True, rules, now + 100 * HOUR)
    assert closed.facts[0].data == {"working_hours": 5.0}


def test_a_limit_is_extended_once(handled, rules, now):
    extended = actions.extend(handled, "complex", 8, rules, now).case
    assert extended.due_at == now + 48 * HOUR
    with pytest.raises(TransitionRefused) as refused:
        actions.extend(extended, "complex", 8, rules, now)
    assert refused.value.params["why"] == "extended_already"


def test_the_third_rework_raises_the_case(handled, rules, now):
    case, facts = handled, []
    for _ in range(3):
        step = actions.check(actions.resolve(case, rules, now).case, False, rules, now)
        case, facts = step.case, told(step)
    assert case.reworks == 3
    assert facts == ["case_reworked", "case_escalated"]
    assert (case.state, case.level) == (State.HANDLING, "community")


def test_a_case_is_raised_one_level_at_a_time_and_never_above_the_district(new_case, rules, now):
    case = new_case()
    levels = []
    for _ in range(3):
        case = actions.escalate(case, rules, now).case
        levels.append(case.level)
    assert levels == ["community", "subdistrict", "district"]
    assert told(actions.answer_overdue(case)) == ["case_overdue"]


def test_a_reopened_case_starts_all_clocks_anew(handled, rules, now):
    closed = actions.check(actions.resolve(handled, rules, now).case, True, rules, now).case
    later = now + timedelta(days=9)
    again = actions.reopen(closed, "came_back", rules, later).case
    assert (again.state, again.dispatched_at, again.due_at, again.ended_at) == (
        State.ESTABLISHED,
        None,
        None,
        None,
    )
    assert again.answer_due_at == later + 8 * HOUR
    assert again.answered_at is None


def test_that_nobody_can_take_it_is_told_once_for_each_reason(new_case, now):
    first = actions.unmatched(new_case(), "no_service", now)
    second = actions.unmatched(first.case, "no_capacity", now)
    again = actions.unmatched(second.case, "no_service", now)
    assert [told(step) for step in (first, second, again)] == [
        ["case_unmatched"],
        ["case_unmatched"],
        [],
    ]


def test_a_limit_that_was_moved_can_pass_again(handled, rules, now):
    passed = actions.finish_overdue(handled).case
    assert passed.finish_overdue_for == passed.due_at
    extended = actions.extend(passed, "complex", 8, rules, now).case
    assert extended.finish_overdue_for != extended.due_at
