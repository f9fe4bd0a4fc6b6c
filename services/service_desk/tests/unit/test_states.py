from datetime import timedelta
from itertools import product
from pathlib import Path

import pytest
from linli_chassis.http import ROLES
from linli_service_desk.domain.case import State
from linli_service_desk.domain.errors import TransitionRefused
from linli_service_desk.domain.states import ACTIONS, TRANSITIONS, diagram, possible, roles_of, way

README = Path(__file__).parents[2] / "README.md"


@pytest.mark.parametrize(("state", "action"), list(product(State, ACTIONS)))
def test_every_action_from_every_state_is_listed_or_refused(state, action, new_case, rules, now):
    case = new_case(state, ended_at=now if state in (State.CLOSED, State.CANCELLED) else None)
    if (state, action) in TRANSITIONS:
        assert way(case, action, rules, now) == TRANSITIONS[state, action]
    else:
        with pytest.raises(TransitionRefused) as refused:
            way(case, action, rules, now)
        assert action not in refused.value.params["possible"].split(", ")


@pytest.mark.parametrize("state", State)
def test_every_state_is_reached_and_every_live_one_is_left(state):
    reached = {State.ESTABLISHED, *(w.to for w in TRANSITIONS.values())}
    assert state in reached
    left = {origin for origin, _ in TRANSITIONS}
    assert state in left or state is State.CANCELLED


def test_all_roles_of_the_table_are_roles_of_the_platform():
    assert {role for w in TRANSITIONS.values() for role in w.roles} <= set(ROLES)
    assert roles_of("accept") == ("provider",)


def test_a_refusal_names_what_is_possible_instead(new_case, rules, now):
    with pytest.raises(TransitionRefused) as refused:
        way(new_case(State.RESOLVED), "accept", rules, now)
    assert refused.value.params["possible"] == "check, escalate"
    assert "resolved" in str(refused.value)


def test_roles_see_only_what_they_may_do(new_case, rules, now):
    case = new_case(State.HANDLING)
    assert set(possible(case, rules, now, {"provider"})) == {"return", "resolve"}
    assert set(possible(case, rules, now, {"grid_worker"})) == {"escalate"}
    assert set(possible(case, rules, now, {"admin"})) == set(possible(case, rules, now))
    assert not possible(case, rules, now, {"resident"})


def test_the_top_cannot_be_passed_and_an_extension_not_repeated(new_case, rules, now):
    case = new_case(State.HANDLING, level="district", extended=True)
    assert {"escalate", "extend"}.isdisjoint(possible(case, rules, now))


def test_a_closed_case_can_be_reopened_to_the_last_moment_of_its_grace_and_no_longer(
    new_case, rules, now
):
    case = new_case(State.CLOSED, ended_at=now)
    assert "reopen" in possible(case, rules, now + timedelta(days=10))
    assert "reopen" not in possible(case, rules, now + timedelta(days=10, seconds=1))


def test_the_readme_shows_the_table_as_it_is():
    assert f"```mermaid\n{diagram()}\n```" in README.read_text(encoding="utf-8")
