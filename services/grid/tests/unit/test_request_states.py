from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from linli_grid.errors import TransitionRefused
from linli_grid.requests.domain import (
    OPEN,
    REQUEST_STATES,
    STATUSES,
    check_link,
    priority_of,
    take,
)
from linli_kernel.states import RoleRefused

from .factories import request

NOW = datetime(2024, 5, 2, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("action", "to"),
    [
        ("verify", "verified"),
        ("reject", "rejected"),
        ("resolve_on_spot", "resolved_on_spot"),
        ("link", "linked"),
        ("relocate", "registered"),
    ],
)
def test_a_registered_request_goes_where_the_table_says(action, to):
    transition = REQUEST_STATES.transitions["registered", action]
    assert transition.to == to
    assert set(transition.roles) == {"grid_worker", "dispatcher"}
    assert set(REQUEST_STATES.roles_of(action)) == {"grid_worker", "dispatcher"}
    assert transition.term
    taken = take(request(), action, {"grid_worker"}, NOW)
    assert (taken.status, taken.updated_at) == (to, NOW)


def test_every_transition_is_between_known_states_and_nothing_leaves_an_end():
    table = REQUEST_STATES.transitions
    assert {at for at, _ in table} | {t.to for t in table.values()} == set(STATUSES)
    assert [
        status for status in STATUSES if REQUEST_STATES.possible(request(status=status), None)
    ] == ["registered"]


@given(st.sampled_from(STATUSES[1:]), st.sampled_from(sorted(REQUEST_STATES.actions)))
def test_what_is_not_in_the_table_is_refused_saying_when_it_can_be_done(status, action):
    with pytest.raises(TransitionRefused, match=f"is {status}.*only while it is registered"):
        take(request(status=status), action, {"dispatcher"}, NOW)


@pytest.mark.parametrize("action", REQUEST_STATES.actions)
def test_the_roles_of_the_state_are_asked_for_each_time(action):
    with pytest.raises(RoleRefused, match="grid_worker, dispatcher"):
        take(request(), action, {"resident"}, NOW)


@pytest.mark.parametrize("status", OPEN)
def test_a_request_is_linked_to_one_that_is_worked_on(status):
    check_link(request(1), request(2, status))


@pytest.mark.parametrize(
    ("number", "status", "original_of", "why"),
    [
        (2, "registered", None, "to itself"),
        (1, "linked", UUID(int=3), f"linked to {UUID(int=3)}"),
        (1, "rejected", None, "is rejected"),
        (1, "resolved_on_spot", None, "is resolved_on_spot"),
    ],
)
def test_a_request_is_not_linked_where_nobody_works_on_it(number, status, original_of, why):
    with pytest.raises(TransitionRefused, match=why) as refused:
        check_link(request(number), request(2, status, original_request_id=original_of))
    assert refused.value.pointer == "/original_request_id"


@pytest.mark.parametrize("outcome", ["closed", "cancelled"])
def test_a_request_is_not_linked_to_history_that_ended(outcome):
    with pytest.raises(TransitionRefused, match=f"is {outcome}"):
        check_link(request(1), request(2, "verified", recorded_outcome=outcome))
    check_link(request(1), request(2, "verified", recorded_outcome="open"))


def test_a_request_to_which_others_are_linked_is_not_linked_on():
    with pytest.raises(TransitionRefused, match="Other requests are linked to this one"):
        check_link(request(1), request(2), followed=True)


@pytest.mark.parametrize(
    ("category", "priority_for", "groups", "priority"),
    [
        ("elder_care.home_visit", ("older",), ["older"], "raised"),
        ("elder_care.home_visit", ("older",), ["child"], "normal"),
        ("elder_care.home_visit", ("older",), [], "normal"),
        ("environment.noise", (), ["older"], "normal"),
        ("public_safety.hazard", (), ["older"], "urgent"),
        ("public_safety.hazard", (), [], "urgent"),
    ],
)
def test_priority_comes_from_the_service_and_the_need(category, priority_for, groups, priority):
    assert priority_of(category, priority_for, groups) == priority
