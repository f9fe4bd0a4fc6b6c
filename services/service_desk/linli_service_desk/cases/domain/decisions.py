"""What each action makes of a case, and what time makes of it.

The functions for actions are named by the table in `states.py`, which sets the new state; here is
all else that changes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from linli_service_desk.cases.domain import actions, events
from linli_service_desk.cases.domain.case import Case, Context
from linli_service_desk.errors import DateNotAhead

PATIENCE = 3
"""After every third rework, or every third reassignment, a case is raised one level."""


@dataclass(frozen=True, slots=True)
class Step:
    """The case before and after an action, what happened, and what the history stores of it.

    Args:
        failed: a check that did not hold, so the transition leads to its `otherwise`.
        assignment: the resource that the case was given to.
        refusal: why the resource that had the case is not asked again.
        note: free text in the clear; it is encrypted before it is stored.
        evidence: references of what shows it.
    """

    action: str
    before: Case
    case: Case
    events: tuple[events.DomainEvent, ...] = ()
    reason: str | None = None
    failed: bool = False
    assignment: actions.Assignment | None = None
    refusal: str | None = None
    note: str | None = None
    evidence: list[str] | None = None


def dispatch(case: Case, action: actions.DispatchCase, context: Context) -> Step:
    """Give the case to a resource. The clock to finish starts with the first dispatch only."""
    to = action.to
    due_at = case.due_at or context.after(context.finish_hours)
    reply_due_at = context.after(context.reply_hours)
    after = replace(
        case,
        resource_id=to.resource_id,
        unit_id=to.unit_id,
        owner_unit_id=None,
        dispatched_at=case.dispatched_at or context.now,
        due_at=due_at,
        reply_due_at=reply_due_at,
        retry_at=None,
        match_batch=None,
        laid_aside=None,
    )
    event = events.Dispatched(
        resource_id=to.resource_id,
        unit_id=to.unit_id,
        by=to.by,
        reasons=list(to.reasons),
        alternatives=list(to.alternatives),
        due_at=due_at,
        reply_due_at=reply_due_at,
    )
    return Step(action.action, case, after, (event,), assignment=to)


def accept(case: Case, action: actions.AcceptCase, context: Context) -> Step:
    """The provider takes it on: the resident's matter has an owner, which counts as answered."""
    after = replace(case, answered_at=case.answered_at or context.now, reply_due_at=None)
    event = events.Accepted(resource_id=case.resource_id, unit_id=case.unit_id)
    return Step(action.action, case, after, (event,))


def decline(case: Case, action: actions.DeclineCase, _context: Context) -> Step:
    """The provider declines, or let the time to reply pass (`NO_REPLY`)."""
    event = events.Declined(
        resource_id=case.resource_id, unit_id=case.unit_id, reason=action.reason
    )
    after = _released(case)
    return _reassigned(
        Step(action.action, case, after, (event,), action.reason, refusal=action.reason)
    )


def return_(case: Case, action: actions.ReturnCase, _context: Context) -> Step:
    """The provider returns it, and says whose duty it is. Matching then prefers that unit."""
    after = replace(_released(case), owner_unit_id=action.owner_unit_id)
    event = events.Returned(
        resource_id=case.resource_id, unit_id=case.unit_id, owner_unit_id=action.owner_unit_id
    )
    return _reassigned(
        Step(action.action, case, after, (event,), "not_our_duty", refusal="returned")
    )


def suspend(case: Case, action: actions.SuspendCase, context: Context) -> Step:
    """It cannot be done within the deadline: the clock stands still until a date.

    Raises:
        DateNotAhead: the date does not lie ahead.
    """
    if action.resume_at <= context.now:
        raise DateNotAhead
    after = replace(case, suspended_at=context.now, resume_at=action.resume_at)
    event = events.Suspended(reason=action.reason, resume_at=action.resume_at)
    return Step(action.action, case, after, (event,), action.reason)


def resume(case: Case, action: actions.ResumeCase, context: Context) -> Step:
    """Work goes on; the deadline moves by the working hours that it stood still."""
    hours = context.calendar.working_hours_between(case.suspended_at or context.now, context.now)
    due_at = context.calendar.add_working_hours(case.due_at or context.now, hours)
    after = replace(
        case,
        suspended_at=None,
        resume_at=None,
        suspended_hours=case.suspended_hours + hours,
        due_at=due_at,
    )
    return Step(action.action, case, after, (events.Resumed(due_at=due_at),))


def extend(case: Case, action: actions.ExtendCase, context: Context) -> Step:
    """Move the deadline once, by working hours from where it was."""
    due_at = context.calendar.add_working_hours(case.due_at or context.now, action.hours)
    after = replace(case, due_at=due_at, extended=True)
    event = events.Extended(reason=action.reason, due_at=due_at)
    return Step(action.action, case, after, (event,), action.reason)


def escalate(case: Case, action: actions.EscalateCase, _context: Context) -> Step:
    """Raise the case one level because somebody asked for it."""
    return _raised(Step(action.action, case, case, (), action.reason), "asked")


def resolve(case: Case, action: actions.ResolveCase, context: Context) -> Step:
    """The provider reports the work as done."""
    event = events.Resolved(resource_id=case.resource_id, unit_id=case.unit_id)
    after = replace(case, resolved_at=context.now)
    return Step(action.action, case, after, (event,), note=action.note, evidence=action.evidence)


def check(case: Case, action: actions.CheckCase, context: Context) -> Step:
    """Somebody looked: as reported, and the case is closed; if not, it is a rework."""
    if not action.passed:
        return _reworked(case, action)
    after = replace(case, ended_at=context.now, closings=case.closings + 1)
    event = events.Closed(working_hours=worked_hours(case, context))
    return Step(action.action, case, after, (event,), "passed", note=action.note)


def cancel(case: Case, action: actions.CancelCase, context: Context) -> Step:
    """Strike the case off, with a reason."""
    after = replace(case, ended_at=context.now, reply_due_at=None, resume_at=None, retry_at=None)
    event = events.Cancelled(reason=action.reason)
    return Step(action.action, case, after, (event,), action.reason)


def reopen(case: Case, action: actions.ReopenCase, context: Context) -> Step:
    """Take a closed case up again: all clocks start anew, the level it was raised to stays."""
    after = replace(
        _released(case),
        answer_due_at=context.after(context.answer_hours),
        answered_at=None,
        dispatched_at=None,
        due_at=None,
        suspended_hours=0.0,
        extended=False,
        ended_at=None,
        reassignments=0,
        unmatched_reasons=(),
    )
    event = events.Reopened(reason=action.reason)
    return Step(action.action, case, after, (event,), action.reason)


def unmatched(case: Case, reason: str, retry_at: datetime) -> Step:
    """Nobody can take it now. Published once for each reason, to not flood the needs list."""
    event = events.Unmatched(service=case.service, region_code=case.grid_code, reason=reason)
    known = reason in case.unmatched_reasons
    reasons = tuple(sorted({*case.unmatched_reasons, reason}))
    after = replace(
        case, retry_at=retry_at, unmatched_reasons=reasons, match_batch=None, laid_aside=None
    )
    return Step("unmatched", case, after, () if known else (event,), reason)


def answer_overdue(case: Case) -> Step:
    """The time to answer passed and nobody has accepted the case."""
    after = replace(case, answer_overdue_for=case.answer_due_at)
    return _overdue(case, after, "answer", case.answer_due_at)


def finish_overdue(case: Case) -> Step:
    """The time to finish passed without a report. A deadline that was moved can pass again."""
    after = replace(case, finish_overdue_for=case.due_at)
    return _overdue(case, after, "finish", case.due_at)


def worked_hours(case: Case, context: Context) -> float:
    """Working hours from the first dispatch to the last report.

    Neither suspension nor the resident's delay counts.
    """
    if not case.dispatched_at or not case.resolved_at:
        return 0.0
    hours = context.calendar.working_hours_between(case.dispatched_at, case.resolved_at)
    return round(max(0.0, hours - case.suspended_hours), 4)


def _reworked(case: Case, action: actions.CheckCase) -> Step:
    after = replace(case, resolved_at=None, reworks=case.reworks + 1)
    event = events.Reworked(reworks=after.reworks)
    step = Step(action.action, case, after, (event,), "failed", note=action.note, failed=True)
    return _raised(step, "reworks") if after.reworks % PATIENCE == 0 else step


def _overdue(before: Case, after: Case, limit: str, due_at: datetime | None) -> Step:
    event = events.Overdue(limit=limit, due_at=due_at)
    return _raised(Step("overdue", before, after, (event,), limit), "overdue")


def _released(case: Case) -> Case:
    """The case in nobody's hands."""
    return replace(
        case,
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
    """The step, with the case raised one level unless it is at the top."""
    level = step.case.next_level
    if level is None:
        return step
    event = events.Escalated(level=level, reason=reason)
    return replace(step, case=replace(step.case, level=level), events=(*step.events, event))
