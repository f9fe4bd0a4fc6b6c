"""The seven steps as data: each transition with its roles, its guard and the function that decides.

From the table come the checks, what the API offers as possible now, and the diagram in the README.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Any

from linli_kernel.states import StateMachine, Transition

from linli_service_desk.cases.domain import decisions
from linli_service_desk.cases.domain.actions import CaseAction
from linli_service_desk.cases.domain.case import Case, Context, State
from linli_service_desk.cases.domain.decisions import Step
from linli_service_desk.errors import TransitionRefused

Decide = Callable[[Case, Any, Context], Step]
"""Takes the action of its row; a test compares the two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseTransition(Transition[Case, Context]):
    """A transition, and the function that decides what else it changes."""

    decide: Decide


def _once(case: Case, _context: Context) -> str | None:
    return "extended_already" if case.extended else None


def _below_district(case: Case, _context: Context) -> str | None:
    return None if case.next_level else "at_the_top"


def _within_grace(case: Case, context: Context) -> str | None:
    until = case.can_reopen_until(context.reopen_within)
    return None if until and context.now <= until else "too_late"


_S = State
_T = CaseTransition
_PROVIDER = ("provider",)
_DESK = ("dispatcher",)
_GRID = ("grid_worker", "dispatcher")
_CHECKERS = ("grid_worker", "dispatcher", "reviewer")


def _return() -> CaseTransition:
    asks = ("owner_unit_id",)
    return _T(_S.ESTABLISHED, _PROVIDER, "退回", asks, decide=decisions.return_)


def _extend(to: State) -> CaseTransition:
    return _T(to, _DESK, "延期", ("reason", "hours"), _once, decide=decisions.extend)


def _escalate(to: State) -> CaseTransition:
    return _T(to, _GRID, "升级", ("reason",), _below_district, decide=decisions.escalate)


def _cancel() -> CaseTransition:
    return _T(_S.CANCELLED, _DESK, "注销", ("reason",), decide=decisions.cancel)


TRANSITIONS: dict[tuple[str, str], CaseTransition] = {
    # step 3, 任务派遣: the clock to finish starts; matching takes the same transition
    (_S.ESTABLISHED, "dispatch"): _T(
        _S.DISPATCHED, _DESK, "派遣", ("resource_id",), decide=decisions.dispatch
    ),
    (_S.ESTABLISHED, "escalate"): _escalate(_S.ESTABLISHED),
    (_S.ESTABLISHED, "cancel"): _cancel(),
    # step 4, 任务处理
    (_S.DISPATCHED, "accept"): _T(_S.HANDLING, _PROVIDER, "接单", decide=decisions.accept),
    (_S.DISPATCHED, "decline"): _T(
        _S.ESTABLISHED, _PROVIDER, "拒单", ("reason",), decide=decisions.decline
    ),
    (_S.DISPATCHED, "return"): _return(),
    (_S.DISPATCHED, "extend"): _extend(_S.DISPATCHED),
    (_S.DISPATCHED, "escalate"): _escalate(_S.DISPATCHED),
    (_S.DISPATCHED, "cancel"): _cancel(),
    (_S.HANDLING, "return"): _return(),
    (_S.HANDLING, "suspend"): _T(
        _S.SUSPENDED, _DESK, "挂账", ("reason", "resume_at"), decide=decisions.suspend
    ),
    (_S.HANDLING, "extend"): _extend(_S.HANDLING),
    (_S.HANDLING, "escalate"): _escalate(_S.HANDLING),
    (_S.HANDLING, "cancel"): _cancel(),
    (_S.SUSPENDED, "resume"): _T(_S.HANDLING, _DESK, "恢复", decide=decisions.resume),
    (_S.SUSPENDED, "escalate"): _escalate(_S.SUSPENDED),
    (_S.SUSPENDED, "cancel"): _cancel(),
    # step 5, 处理反馈
    (_S.HANDLING, "resolve"): _T(
        _S.RESOLVED, _PROVIDER, "反馈", ("note", "evidence"), decide=decisions.resolve
    ),
    # step 6, 核查结案: not as reported, and it is a rework 返工
    (_S.RESOLVED, "check"): _T(
        _S.CLOSED,
        _CHECKERS,
        "核查",
        ("passed", "note"),
        otherwise=_S.HANDLING,
        decide=decisions.check,
    ),
    (_S.RESOLVED, "escalate"): _escalate(_S.RESOLVED),
    (_S.CLOSED, "reopen"): _T(
        _S.ESTABLISHED, _GRID, "重新办理", ("reason",), _within_grace, decide=decisions.reopen
    ),
}

CASE_STATES: StateMachine[Case, Context] = StateMachine(TRANSITIONS, TransitionRefused)


def decide(
    case: Case, action: CaseAction, context: Context, roles: Collection[str] | None = None
) -> Step:
    """What an action makes of a case.

    Args:
        roles: those of the caller; None when the platform itself acts, as a timer does.
    Raises:
        TransitionRefused: the action is not possible now.
        RoleRefused: it is not for these roles.
    """
    CASE_STATES.take(case, action.action, context, roles)
    transition = TRANSITIONS[case.state, action.action]
    step = transition.decide(case, action, context)
    to = transition.otherwise if step.failed and transition.otherwise else transition.to
    return replace(step, case=replace(step.case, state=State(to)))


def diagram() -> str:
    """The table as a Mermaid state diagram."""
    ends = (State.CLOSED, State.CANCELLED)
    return CASE_STATES.diagram("established: request_verified 立案", ends, failed="返工")
