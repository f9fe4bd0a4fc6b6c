from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from linli_grid.domain.codes import check_grid_code, community_of
from linli_grid.domain.errors import BadGridCode, DutyTaken, TransitionRefused
from linli_grid.domain.requests import (
    OPEN,
    STATUSES,
    TRANSITIONS,
    actions_from,
    check_link,
    decide,
    history_id,
    priority_of,
    roles_of,
)
from linli_grid.domain.workers import DUTIES, HELD_BY_ONE, Assignment, Change, assign, responsible

COMMUNITY = "110101001001"
ONE, TWO = UUID(int=1), UUID(int=2)


@pytest.mark.parametrize(("digits", "code"), [(2, COMMUNITY + "01"), (3, COMMUNITY + "001")])
def test_a_grid_code_names_its_community(digits, code):
    assert check_grid_code(code, digits, {COMMUNITY}) == COMMUNITY == community_of(code)


@pytest.mark.parametrize(
    ("code", "why"),
    [
        (COMMUNITY + "01", "has 15 digits here"),
        (COMMUNITY + "0001", "has 15 digits here"),
        (COMMUNITY + "0a1", "has 15 digits here"),
        (COMMUNITY + "٠٠١", "has 15 digits here"),
        ("110101001", "has 15 digits here"),
        ("110101001002001", "Community 110101001002 is not registered"),
    ],
)
def test_a_grid_code_against_the_rules_is_refused(code, why):
    with pytest.raises(BadGridCode, match=why):
        check_grid_code(code, 3, {COMMUNITY})


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
    transition = decide("registered", action)
    assert transition.to == to
    assert set(transition.roles) == {"grid_worker", "dispatcher"} == set(roles_of(action))
    assert transition.reason


def test_every_transition_is_between_known_states_and_nothing_leaves_an_end():
    assert {at for at, _ in TRANSITIONS} | {t.to for t in TRANSITIONS.values()} == set(STATUSES)
    assert [status for status in STATUSES if actions_from(status)] == ["registered"]


@given(
    st.sampled_from(STATUSES[1:]), st.sampled_from(sorted({action for _, action in TRANSITIONS}))
)
def test_what_is_not_in_the_table_is_refused_saying_when_it_can_be_done(status, action):
    with pytest.raises(TransitionRefused, match=f"is {status}.*only while it is registered"):
        decide(status, action)


@pytest.mark.parametrize("status", OPEN)
def test_a_request_is_linked_to_one_that_is_worked_on(status):
    check_link(ONE, TWO, status, None)


@pytest.mark.parametrize(
    ("request_id", "status", "original_of", "why"),
    [
        (TWO, "registered", None, "to itself"),
        (ONE, "linked", UUID(int=3), f"linked to {UUID(int=3)}"),
        (ONE, "rejected", None, "is rejected"),
        (ONE, "resolved_on_spot", None, "is resolved_on_spot"),
    ],
)
def test_a_request_is_not_linked_where_nobody_works_on_it(request_id, status, original_of, why):
    with pytest.raises(TransitionRefused, match=why) as refused:
        check_link(request_id, TWO, status, original_of)
    assert refused.value.pointer == "/original_request_id"


def test_a_request_to_which_others_are_linked_is_not_linked_on():
    with pytest.raises(TransitionRefused, match="Other requests are linked to this one"):
        check_link(ONE, TWO, "registered", None, followed=True)


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


def test_a_second_full_time_worker_is_refused_naming_the_first():
    with pytest.raises(DutyTaken, match=str(ONE)):
        assign([Assignment(ONE, "full_time")], TWO, "full_time")


def test_a_worker_who_changes_duty_lays_the_old_one_down():
    changes = assign([Assignment(ONE, "deputy")], ONE, "full_time")
    assert changes == [Change(ONE, "deputy", active=False), Change(ONE, "full_time", active=True)]


workers = st.builds(UUID, int=st.integers(1, 4))


@given(st.lists(st.tuples(workers, st.sampled_from(DUTIES)), max_size=30))
def test_however_duties_are_given_nobody_shares_one_that_is_held_by_one(asked):
    staff: dict[UUID, str] = {}
    for worker_id, duty in asked:
        now = [Assignment(w, d) for w, d in staff.items()]
        try:
            changes = assign(now, worker_id, duty)
        except DutyTaken:
            continue
        assert bool(changes) == (staff.get(worker_id) != duty)
        for change in changes:
            if change.active:
                staff[change.worker_id] = change.duty
            else:
                assert staff.pop(change.worker_id) == change.duty
        assert all(list(staff.values()).count(held) <= 1 for held in HELD_BY_ONE)


def test_a_grid_without_a_full_time_worker_falls_to_its_deputy():
    deputy, other = Assignment(ONE, "deputy"), Assignment(TWO, "part_time")
    assert responsible([other, deputy]) == ONE
    assert responsible([deputy, Assignment(TWO, "full_time")]) == TWO
    assert responsible([other]) is None


def test_the_id_of_a_historic_request_follows_from_where_it_comes_and_nothing_else_has_it():
    assert history_id("110101", "la311", "1-1") == history_id("110101", "la311", "1-1")
    others = [
        ("110102", "la311", "1-1"),
        ("110101", "la31", "11-1"),
        ("110101", "a/b", "c"),
        ("110101", "a", "b/c"),
    ]
    assert (
        len({history_id("110101", "la311", "1-1"), *(history_id(*other) for other in others)}) == 5
    )
