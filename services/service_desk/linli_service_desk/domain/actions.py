"""What each action makes of a case. The ways themselves stand in `states`; here is what changes on
the way.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from linli_service_desk.domain.case import Case, Fact, Rules, State, Step
from linli_service_desk.domain.errors import DateNotAhead
from linli_service_desk.domain.states import way

PATIENCE = 3
"""Reworks, or reassignments without an owner, after which a case is raised one level (and again
after as many).
"""


@dataclass(frozen=True, slots=True)
class Assignment:
    """The resource a case is given to, who chose it, why, and what the next choices were."""

    resource_id: UUID
    unit_id: UUID
    by: str
    reasons: tuple[dict[str, Any], ...] = ()
    alternatives: tuple[dict[str, Any], ...] = ()


def dispatch(case: Case, to: Assignment, rules: Rules, at: datetime) -> Step:
    """Give the case to a resource. The clock to finish starts with the first dispatch only."""
    state = way(case, "dispatch", rules, at).to
    clock = rules.calendar
    due_at = case.due_at or clock.add_working_hours(at, rules.finish_hours)
    reply_due_at = clock.add_working_hours(at, rules.reply_hours)
    after = replace(
        case,
        state=state,
        resource_id=to.resource_id,
        unit_id=to.unit_id,
        owner_unit_id=None,
        dispatched_at=case.dispatched_at or at,
        due_at=due_at,
        reply_due_at=reply_due_at,
        retry_at=None,
    )
    told = {"by": to.by, "reasons": list(to.reasons), "alternatives": list(to.alternatives)}
    fact = Fact(
        "case_dispatched",
        {**_holder(after), **told, "due_at": due_at, "reply_due_at": reply_due_at},
    )
    return Step("dispatch", case, after, (fact,))


def accept(case: Case, rules: Rules, at: datetime) -> Step:
    """The provider takes it on: the resident's matter has an owner, which counts as answered."""
    state = way(case, "accept", rules, at).to
    after = replace(case, state=state, answered_at=case.answered_at or at, reply_due_at=None)
    return Step("accept", case, after, (Fact("case_accepted", _holder(case)),))


def decline(case: Case, reason: str, rules: Rules, at: datetime) -> Step:
    """The provider declines, or let the time to reply pass (`no_reply`)."""
    after = _released(case, way(case, "decline", rules, at).to)
    return _reassigned(
        Step(
            "decline",
            case,
            after,
            (Fact("case_declined", {**_holder(case), "reason": reason}),),
            reason,
        )
    )


def return_(case: Case, owner_unit_id: UUID, rules: Rules, at: datetime) -> Step:
    """The provider returns it: not its duty, and it says whose it is. Matching then prefers that
    unit.
    """
    after = replace(_released(case, way(case, "return", rules, at).to), owner_unit_id=owner_unit_id)
    fact = Fact("case_returned", {**_holder(case), "owner_unit_id": owner_unit_id})
    return _reassigned(Step("return", case, after, (fact,), "not_our_duty"))


def suspend(case: Case, reason: str, resume_at: datetime, rules: Rules, at: datetime) -> Step:
    """It cannot be done within the limit: the clock stands still until a date."""
    state = way(case, "suspend", rules, at).to
    if resume_at <= at:
        raise DateNotAhead
    after = replace(case, state=state, suspended_at=at, resume_at=resume_at)
    return Step(
        "suspend",
        case,
        after,
        (Fact("case_suspended", {"reason": reason, "resume_at": resume_at}),),
        reason,
    )


def resume(case: Case, rules: Rules, at: datetime) -> Step:
    """Work goes on; the limit moves by the working hours that it stood still."""
    state = way(case, "resume", rules, at).to
    stood = rules.calendar.working_hours_between(case.suspended_at or at, at)
    due_at = rules.calendar.add_working_hours(case.due_at or at, stood)
    after = replace(
        case,
        state=state,
        suspended_at=None,
        resume_at=None,
        suspended_hours=case.suspended_hours + stood,
        due_at=due_at,
    )
    return Step("resume", case, after, (Fact("case_resumed", {"due_at": due_at}),))


def extend(case: Case, reason: str, hours: float, rules: Rules, at: datetime) -> Step:
    """Move the limit once, by working hours from where it was."""
    state = way(case, "extend", rules, at).to
    due_at = rules.calendar.add_working_hours(case.due_at or at, hours)
    after = replace(case, state=state, due_at=due_at, extended=True)
    return Step(
        "extend",
        case,
        after,
        (Fact("case_extended", {"reason": reason, "due_at": due_at}),),
        reason,
    )


def escalate(case: Case, rules: Rules, at: datetime, note: str = "asked") -> Step:
    """Raise the case one level because somebody asked for it."""
    way(case, "escalate", rules, at)
    return _raised(Step("escalate", case, case, (), note), "asked")


def resolve(case: Case, rules: Rules, at: datetime) -> Step:
    """The provider reports the work as done."""
    after = replace(case, state=way(case, "resolve", rules, at).to, resolved_at=at)
    return Step("resolve", case, after, (Fact("case_resolved", _holder(case)),))


def check(case: Case, passed: bool, rules: Rules, at: datetime) -> Step:
    """Somebody looked: as reported, and the case is closed; if not, back to handling."""
    found = way(case, "check", rules, at)
    if not passed:
        reworks = case.reworks + 1
        after = replace(case, state=found.otherwise or found.to, resolved_at=None, reworks=reworks)
        step = Step("check", case, after, (Fact("case_reworked", {"reworks": reworks}),), "failed")
        return _raised(step, "reworks") if reworks % PATIENCE == 0 else step
    after = replace(case, state=found.to, ended_at=at, closings=case.closings + 1)
    fact = Fact("case_closed", {"working_hours": worked_hours(case, rules)})
    return Step("check", case, after, (fact,), "passed")


def worked_hours(case: Case, rules: Rules) -> float:
    """Working hours from the first dispatch to the last report: neither suspension nor the
    resident's delay counts.
    """
    if not case.dispatched_at or not case.resolved_at:
        return 0.0
    whole = rules.calendar.working_hours_between(case.dispatched_at, case.resolved_at)
    return round(max(0.0, whole - case.suspended_hours), 4)


def cancel(case: Case, reason: str, rules: Rules, at: datetime) -> Step:
    """Strike the case off, with a reason."""
    state = way(case, "cancel", rules, at).to
    after = replace(
        case, state=state, ended_at=at, reply_due_at=None, resume_at=None, retry_at=None
    )
    return Step("cancel", case, after, (Fact("case_cancelled", {"reason": reason}),), reason)


def reopen(case: Case, reason: str, rules: Rules, at: datetime) -> Step:
    """Take a closed case up again: all clocks start anew, the level it was raised to stays."""
    after = replace(
        _released(case, way(case, "reopen", rules, at).to),
        answer_due_at=rules.calendar.add_working_hours(at, rules.answer_hours),
        answered_at=None,
        dispatched_at=None,
        due_at=None,
        suspended_hours=0.0,
        extended=False,
        ended_at=None,
        reassignments=0,
        unmatched_reasons=(),
    )
    return Step("reopen", case, after, (Fact("case_reopened", {"reason": reason}),), reason)


def unmatched(case: Case, reason: str, retry_at: datetime) -> Step:
    """Nobody can take it now. Told once for each reason, so that the needs list hears of it but is
    not flooded.
    """
    new = reason not in case.unmatched_reasons
    reasons = tuple(sorted({*case.unmatched_reasons, reason}))
    told = {"service": case.service, "region_code": case.grid_code, "reason": reason}
    after = replace(case, retry_at=retry_at, unmatched_reasons=reasons)
    return Step("unmatched", case, after, (Fact("case_unmatched", told),) if new else (), reason)


def answer_overdue(case: Case) -> Step:
    """The time to answer passed and nobody has accepted the case."""
    after = replace(case, answer_overdue_for=case.answer_due_at)
    fact = Fact("case_overdue", {"limit": "answer", "due_at": case.answer_due_at})
    return _raised(Step("overdue", case, after, (fact,), "answer"), "overdue")


def finish_overdue(case: Case) -> Step:
    """The time to finish passed and the work was not reported as done. A limit that was moved can
    pass again.
    """
    after = replace(case, finish_overdue_for=case.due_at)
    fact = Fact("case_overdue", {"limit": "finish", "due_at": case.due_at})
    return _raised(Step("overdue", case, after, (fact,), "finish"), "overdue")


def can_reopen_until(case: Case, within: timedelta) -> datetime | None:
    """The last moment at which the resident may take a closed case up again."""
    return case.ended_at + within if case.state is State.CLOSED and case.ended_at else None


def _holder(case: Case) -> dict[str, Any]:
    return {"resource_id": case.resource_id, "unit_id": case.unit_id}


def _released(case: Case, state: State) -> Case:
    return replace(
        case,
        state=state,
        resource_id=None,
        unit_id=None,
        reply_due_at=None,
        resolved_at=None,
        retry_at=None,
    )


def _reassigned(step: Step) -> Step:
    count = step.case.reassignments + 1
    step = replace(step, case=replace(step.case, reassignments=count))
    return _raised(step, "reassignments") if count % PATIENCE == 0 else step


def _raised(step: Step, reason: str) -> Step:
    level = step.case.next_level
    if level is None:
        return step
    fact = Fact("case_escalated", {"level": level, "reason": reason})
    return replace(step, case=replace(step.case, level=level), facts=(*step.facts, fact))
