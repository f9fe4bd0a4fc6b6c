"""State machines: what a table allows, whom it allows it, and what it says of itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from linli_kernel.errors import Conflict, NotAllowed
from linli_kernel.states import (
    ADMIN,
    RoleRefused,
    StateMachine,
    Transition,
    TransitionRefused,
)


@dataclass(frozen=True)
class Lamp:
    state: str
    broken: bool = False


NOON = datetime(2026, 1, 1, tzinfo=UTC)


def not_when_broken(lamp: Lamp, _at: datetime) -> str | None:
    return "broken" if lamp.broken else None


class LampRefused(TransitionRefused):
    message = "The lamp is {state}: {action} is not possible ({why}); possible: {possible}."


MACHINE = StateMachine[Lamp, datetime](
    {
        ("off", "switch"): Transition("on", ("resident",), "开", guard=not_when_broken),
        ("on", "switch"): Transition("off", ("resident", "caretaker"), "关"),
        ("off", "inspect"): Transition("off", ("caretaker",), "检查", otherwise="removed"),
    },
    LampRefused,
)


def test_a_transition_that_the_table_has_is_taken() -> None:
    assert MACHINE.take(Lamp("off"), "switch", NOON).to == "on"


def test_a_transition_that_the_table_does_not_have_is_refused_with_what_is_possible() -> None:
    with pytest.raises(LampRefused) as refusal:
        MACHINE.take(Lamp("on"), "inspect", NOON)
    assert isinstance(refusal.value, Conflict)
    assert refusal.value.params == {
        "state": "on",
        "action": "inspect",
        "why": "wrong_step",
        "possible": "switch",
    }


def test_a_transition_whose_guard_holds_is_refused_with_the_code_of_the_guard() -> None:
    with pytest.raises(LampRefused) as refusal:
        MACHINE.take(Lamp("off", broken=True), "switch", NOON)
    assert (refusal.value.params["why"], refusal.value.params["possible"]) == ("broken", "inspect")


def test_where_nothing_is_possible_the_refusal_says_so() -> None:
    with pytest.raises(TransitionRefused, match=r"possible: -"):
        MACHINE.take(Lamp("removed"), "switch", NOON)


def test_roles_are_those_of_the_state_and_not_of_the_action() -> None:
    assert MACHINE.take(Lamp("on"), "switch", NOON, ("caretaker",)).to == "off"
    with pytest.raises(RoleRefused) as refusal:
        MACHINE.take(Lamp("off"), "switch", NOON, ("caretaker",))
    assert isinstance(refusal.value, NotAllowed)
    assert refusal.value.params == {"state": "off", "roles": "resident"}


def test_an_admin_and_the_platform_itself_may_take_every_transition() -> None:
    assert MACHINE.take(Lamp("off"), "inspect", NOON, (ADMIN,)).to == "off"
    assert MACHINE.take(Lamp("off"), "inspect", NOON, None).to == "off"


def test_a_caller_learns_that_it_is_impossible_before_that_it_is_not_theirs() -> None:
    with pytest.raises(LampRefused):
        MACHINE.take(Lamp("removed"), "switch", NOON, ())


@pytest.mark.parametrize(
    ("lamp", "roles", "possible"),
    [
        (Lamp("off"), None, ["switch", "inspect"]),
        (Lamp("off"), ("resident",), ["switch"]),
        (Lamp("off"), ("caretaker",), ["inspect"]),
        (Lamp("off"), (ADMIN,), ["switch", "inspect"]),
        (Lamp("off"), (), []),
        (Lamp("off", broken=True), None, ["inspect"]),
        (Lamp("on"), ("caretaker",), ["switch"]),
        (Lamp("removed"), None, []),
    ],
)
def test_possible_is_what_take_would_allow(
    lamp: Lamp, roles: tuple[str, ...] | None, possible: list[str]
) -> None:
    assert list(MACHINE.possible(lamp, NOON, roles)) == possible
    for action in MACHINE.actions:
        if action in possible:
            MACHINE.take(lamp, action, NOON, roles)
        else:
            with pytest.raises((LampRefused, RoleRefused)):
                MACHINE.take(lamp, action, NOON, roles)


def test_a_route_is_open_to_the_roles_of_an_action_in_any_state() -> None:
    assert MACHINE.roles_of("switch") == ("resident", "caretaker")
    assert MACHINE.roles_of("inspect") == ("caretaker",)
    assert MACHINE.roles_of("paint") == ()


def test_actions_are_listed_once_in_the_order_of_the_table() -> None:
    assert MACHINE.actions == ("switch", "inspect")


def test_the_diagram_shows_every_transition_and_where_a_failed_check_leads() -> None:
    assert MACHINE.diagram("off: installed", ["removed"]).splitlines() == [
        "stateDiagram-v2",
        "    direction LR",
        "    [*] --> off: installed",
        "    off --> on: switch 开",
        "    on --> off: switch 关",
        "    off --> off: inspect 检查",
        "    off --> removed: inspect failed",
        "    removed --> [*]",
    ]
