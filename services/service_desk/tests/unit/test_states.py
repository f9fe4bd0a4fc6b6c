from datetime import timedelta
from itertools import product
from pathlib import Path

import pytest
from linli_chassis.http import ROLES
from linli_kernel.states import RoleRefused
from linli_service_desk.cases.domain import actions
from linli_service_desk.cases.domain.case import State
from linli_service_desk.cases.domain.states import CASE_STATES, TRANSITIONS, decide, diagram
from linli_service_desk.errors import TransitionRefused

README = Path(__file__).parents[2] / "README.md"


@pytest.mark.parametrize(("state", "action"), list(product(State, CASE_STATES.actions)))
def test_every_action_from_every_state_is_listed_or_refused(state, action, new_case, context, now):
    case = new_case(state, ended_at=now if state in (State.CLOSED, State.CANCELLED) else None)
    if (state, action) in TRANSITIONS:
        assert CASE_STATES.take(case, action, context()) == TRANSITIONS[state, action]
    else:
        with pytest.raises(TransitionRefused) as refused:
            CASE_STATES.take(case, action, context())
        assert action not in refused.value.params["possible"].split(", ")


@pytest.mark.parametrize("state", State)
def test_every_state_is_reached_and_every_live_one_is_left(state):
    reached = {State.ESTABLISHED, *(w.to for w in TRANSITIONS.values())}
    assert state in reached
    left = {origin for origin, _ in TRANSITIONS}
    assert state in left or state is State.CANCELLED


def test_all_roles_of_the_table_are_roles_of_the_platform():
    assert {role for w in TRANSITIONS.values() for role in w.roles} <= set(ROLES)
    assert CASE_STATES.roles_of("accept") == ("provider",)


def test_a_refusal_names_what_is_possible_instead(new_case, context, now):
    with pytest.raises(TransitionRefused) as refused:
        CASE_STATES.take(new_case(State.RESOLVED), "accept", context())
    assert refused.value.params["possible"] == "check, escalate"
    assert "resolved" in str(refused.value)


def test_roles_see_only_what_they_may_do(new_case, context, now):
    case = new_case(State.HANDLING)
    assert set(CASE_STATES.possible(case, context(), {"provider"})) == {"return", "resolve"}
    assert set(CASE_STATES.possible(case, context(), {"grid_worker"})) == {"escalate"}
    to_all = CASE_STATES.possible(case, context())
    assert CASE_STATES.possible(case, context(), {"admin"}) == to_all
    assert not CASE_STATES.possible(case, context(), {"resident"})


def test_the_top_cannot_be_passed_and_an_extension_not_repeated(new_case, context, now):
    case = new_case(State.HANDLING, level="district", extended=True)
    assert {"escalate", "extend"}.isdisjoint(CASE_STATES.possible(case, context()))


def test_a_closed_case_can_be_reopened_to_the_last_moment_of_its_grace_and_no_longer(
    new_case, context, now
):
    case = new_case(State.CLOSED, ended_at=now)
    assert "reopen" in CASE_STATES.possible(case, context(now + timedelta(days=10)))
    assert "reopen" not in CASE_STATES.possible(case, context(now + timedelta(days=10, seconds=1)))


def test_the_readme_shows_the_table_as_it_is():
    assert f"```mermaid\n{diagram()}\n```" in README.read_text(encoding="utf-8")


@pytest.mark.parametrize(("state", "action"), TRANSITIONS)
def test_the_table_names_the_function_that_decides_the_action(state, action):
    decides = TRANSITIONS[state, action].decide
    taken = decides.__annotations__["action"].removeprefix("actions.")
    assert getattr(actions, taken).action == action


def test_a_role_that_the_transition_does_not_name_is_refused(new_case, context):
    case = new_case(State.DISPATCHED)
    with pytest.raises(RoleRefused):
        decide(case, actions.AcceptCase(), context(), {"dispatcher"})
    accepted = decide(case, actions.AcceptCase(), context(), {"provider"})
    assert accepted.case.state is State.HANDLING
