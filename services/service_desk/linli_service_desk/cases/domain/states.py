"""The seven steps as data: from one table come the guards, what the API says is possible, who
decides, and the diagram.
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
"""Takes the action that its row is for: a test compares the two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row(Transition[Case, Context]):
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
_PROVIDER = ("provider",)
_DESK = ("dispatcher",)
_GRID = ("grid_worker", "dispatcher")
_CHECKERS = ("grid_worker", "dispatcher", "reviewer")


def _row(
    to: State,
    roles: tuple[str, ...],
    term: str,
    decide: Decide,
    *asks: str,
    guard: Callable[[Case, Context], str | None] | None = None,
    otherwise: State | None = None,
) -> Row:
    return Row(
        to=to,
        roles=roles,
        term=term,
        decide=decide,
        asks=asks,
        guard=guard,
        otherwise=otherwise,
    )


def _return() -> Row:
    return _row(_S.ESTABLISHED, _PROVIDER, "退回", decisions.return_, "owner_unit_id")


def _extend(to: State) -> Row:
    return _row(to, _DESK, "延期", decisions.extend, "reason", "hours", guard=_once)


def _escalate(to: State) -> Row:
    return _row(to, _GRID, "升级", decisions.escalate, "reason", guard=_below_district)


def _cancel() -> Row:
    return _row(_S.CANCELLED, _DESK, "注销", decisions.cancel, "reason")


TRANSITIONS: dict[tuple[str, str], Row] = {
    # step 3, 任务派遣: the clock to finish starts; matching takes the same transition
    (_S.ESTABLISHED, "dispatch"): _row(
        _S.DISPATCHED, _DESK, "派遣", decisions.dispatch, "resource_id"
    ),
    (_S.ESTABLISHED, "escalate"): _escalate(_S.ESTABLISHED),
    (_S.ESTABLISHED, "cancel"): _cancel(),
    # step 4, 任务处理
    (_S.DISPATCHED, "accept"): _row(_S.HANDLING, _PROVIDER, "接单", decisions.accept),
    (_S.DISPATCHED, "decline"): _row(
        _S.ESTABLISHED, _PROVIDER, "拒单", decisions.decline, "reason"
    ),
    (_S.DISPATCHED, "return"): _return(),
    (_S.DISPATCHED, "extend"): _extend(_S.DISPATCHED),
    (_S.DISPATCHED, "escalate"): _escalate(_S.DISPATCHED),
    (_S.DISPATCHED, "cancel"): _cancel(),
    (_S.HANDLING, "return"): _return(),
    (_S.HANDLING, "suspend"): _row(
        _S.SUSPENDED, _DESK, "挂账", decisions.suspend, "reason", "resume_at"
    ),
    (_S.HANDLING, "extend"): _extend(_S.HANDLING),
    (_S.HANDLING, "escalate"): _escalate(_S.HANDLING),
    (_S.HANDLING, "cancel"): _cancel(),
    (_S.SUSPENDED, "resume"): _row(_S.HANDLING, _DESK, "恢复", decisions.resume),
    (_S.SUSPENDED, "escalate"): _escalate(_S.SUSPENDED),
    (_S.SUSPENDED, "cancel"): _cancel(),
    # step 5, 处理反馈
    (_S.HANDLING, "resolve"): _row(
        _S.RESOLVED, _PROVIDER, "反馈", decisions.resolve, "note", "evidence"
    ),
    # step 6, 核查结案: not as reported, and it is a rework 返工
    (_S.RESOLVED, "check"): _row(
        _S.CLOSED, _CHECKERS, "核查", decisions.check, "passed", "note", otherwise=_S.HANDLING
    ),
    (_S.RESOLVED, "escalate"): _escalate(_S.RESOLVED),
    (_S.CLOSED, "reopen"): _row(
        _S.ESTABLISHED, _GRID, "重新办理", decisions.reopen, "reason", guard=_within_grace
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
    row = TRANSITIONS[case.state, action.action]
    step = row.decide(case, action, context)
    to = State(row.otherwise if step.failed and row.otherwise else row.to)
    return replace(step, case=replace(step.case, state=to))


def diagram() -> str:
    """The table as a Mermaid state diagram."""
    ends = (State.CLOSED, State.CANCELLED)
    return CASE_STATES.diagram("established: request_verified 立案", ends, failed="返工")
