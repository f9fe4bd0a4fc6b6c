"""The seven steps as data: from one table come the guards, what the API says is possible, and the
diagram.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from linli_service_desk.domain.case import Case, Rules, State
from linli_service_desk.domain.errors import TransitionRefused

ADMIN = "admin"
Guard = Callable[[Case, Rules, datetime], str | None]
"""Says why not, as a code, or nothing."""


@dataclass(frozen=True, slots=True)
class Transition:
    """One way out of a state. `otherwise` is where a check that fails leads; `term` is the word of
    the field.
    """

    to: State
    roles: tuple[str, ...]
    term: str
    asks: tuple[str, ...] = ()
    guard: Guard | None = None
    otherwise: State | None = None


def _once(case: Case, _rules: Rules, _at: datetime) -> str | None:
    return "extended_already" if case.extended else None


def _below_district(case: Case, _rules: Rules, _at: datetime) -> str | None:
    return None if case.next_level else "at_the_top"


def _within_grace(case: Case, rules: Rules, at: datetime) -> str | None:
    return None if case.ended_at and at <= case.ended_at + rules.reopen_within else "too_late"


_S = State
_PROVIDER = ("provider",)
_DESK = ("dispatcher",)
_GRID = ("grid_worker", "dispatcher")
_CHECKERS = ("grid_worker", "dispatcher", "reviewer")


def _escalate(to: State) -> Transition:
    return Transition(to, _GRID, "升级", ("reason",), _below_district)


def _cancel() -> Transition:
    return Transition(_S.CANCELLED, _DESK, "注销", ("reason",))


TRANSITIONS: dict[tuple[State, str], Transition] = {
    # step 3, 任务派遣: the clock to finish starts. The timer that matches takes the same way.
    (_S.ESTABLISHED, "dispatch"): Transition(_S.DISPATCHED, _DESK, "派遣", ("resource_id",)),
    (_S.ESTABLISHED, "escalate"): _escalate(_S.ESTABLISHED),
    (_S.ESTABLISHED, "cancel"): _cancel(),
    # step 4, 任务处理
    (_S.DISPATCHED, "accept"): Transition(_S.HANDLING, _PROVIDER, "接单"),
    (_S.DISPATCHED, "decline"): Transition(_S.ESTABLISHED, _PROVIDER, "拒单", ("reason",)),
    (_S.DISPATCHED, "return"): Transition(_S.ESTABLISHED, _PROVIDER, "退回", ("owner_unit_id",)),
    (_S.DISPATCHED, "extend"): Transition(_S.DISPATCHED, _DESK, "延期", ("reason", "hours"), _once),
    (_S.DISPATCHED, "escalate"): _escalate(_S.DISPATCHED),
    (_S.DISPATCHED, "cancel"): _cancel(),
    (_S.HANDLING, "return"): Transition(_S.ESTABLISHED, _PROVIDER, "退回", ("owner_unit_id",)),
    (_S.HANDLING, "suspend"): Transition(_S.SUSPENDED, _DESK, "挂账", ("reason", "resume_at")),
    (_S.HANDLING, "extend"): Transition(_S.HANDLING, _DESK, "延期", ("reason", "hours"), _once),
    (_S.HANDLING, "escalate"): _escalate(_S.HANDLING),
    (_S.HANDLING, "cancel"): _cancel(),
    (_S.SUSPENDED, "resume"): Transition(_S.HANDLING, _DESK, "恢复"),
    (_S.SUSPENDED, "escalate"): _escalate(_S.SUSPENDED),
    (_S.SUSPENDED, "cancel"): _cancel(),
    # step 5, 处理反馈
    (_S.HANDLING, "resolve"): Transition(_S.RESOLVED, _PROVIDER, "反馈", ("note", "evidence")),
    # step 6, 核查结案: not as reported, and it is a rework 返工
    (_S.RESOLVED, "check"): Transition(
        _S.CLOSED, _CHECKERS, "核查", ("passed", "note"), None, _S.HANDLING
    ),
    (_S.RESOLVED, "escalate"): _escalate(_S.RESOLVED),
    (_S.CLOSED, "reopen"): Transition(
        _S.ESTABLISHED, _GRID, "重新办理", ("reason",), _within_grace
    ),
}

ACTIONS = tuple(dict.fromkeys(action for _, action in TRANSITIONS))


def roles_of(action: str) -> tuple[str, ...]:
    """The roles that may ever take this action, for the route that offers it."""
    return tuple(
        dict.fromkeys(
            role for (_, name), way in TRANSITIONS.items() if name == action for role in way.roles
        )
    )


def possible(
    case: Case, rules: Rules, at: datetime, roles: Collection[str] | None = None
) -> dict[str, Transition]:
    """The actions that this case allows now, to anyone or to somebody with these roles."""
    return {
        action: way
        for (state, action), way in TRANSITIONS.items()
        if state == case.state
        and (roles is None or ADMIN in roles or not set(roles).isdisjoint(way.roles))
        and not (way.guard and way.guard(case, rules, at))
    }


def way(case: Case, action: str, rules: Rules, at: datetime) -> Transition:
    """The transition that `action` takes from here.

    Raises:
        TransitionRefused: there is none, or its guard holds; with what is possible instead.
    """
    found = TRANSITIONS.get((case.state, action))
    why = found.guard(case, rules, at) if found and found.guard else None
    if found and not why:
        return found
    others = ", ".join(possible(case, rules, at)) or "-"
    raise TransitionRefused(
        state=case.state.value, action=action, why=why or "wrong_step", possible=others
    )


def diagram() -> str:
    """The table as a Mermaid state diagram."""
    lines = [
        "stateDiagram-v2",
        "    direction LR",
        "    [*] --> established: request_verified 立案",
    ]
    for (state, action), way_out in TRANSITIONS.items():
        lines.append(f"    {state} --> {way_out.to}: {action} {way_out.term}")
        if way_out.otherwise:
            lines.append(f"    {state} --> {way_out.otherwise}: {action} 返工")
    return "\n".join([*lines, "    closed --> [*]", "    cancelled --> [*]"])
