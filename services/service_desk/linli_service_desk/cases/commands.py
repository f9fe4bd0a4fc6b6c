"""What changes cases: requests that were verified, people who act, and time."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from uuid import UUID

import structlog
from linli_chassis.http import Actor
from linli_contracts.envelope import Event
from linli_contracts.events.grid.requests import RequestVerified
from linli_contracts.events.service_desk import cases as published
from linli_contracts.events.service_desk.matching import CaseDispatched, CaseUnmatched

from linli_service_desk.cases.domain import decisions, events
from linli_service_desk.cases.domain.actions import NO_REPLY, CaseAction, DeclineCase, ResumeCase
from linli_service_desk.cases.domain.case import Case, Context, State, case_id_of
from linli_service_desk.cases.domain.decisions import Step
from linli_service_desk.cases.domain.states import CASE_STATES, decide
from linli_service_desk.cases.tables import locking, writing
from linli_service_desk.catalogue import CasePolicy, case_policy
from linli_service_desk.errors import CaseNotFound, NotYourUnit
from linli_service_desk.settings import Uow

PUBLISHED: dict[type[events.DomainEvent], type[published.CaseEvent]] = {
    events.Opened: published.CaseOpened,
    events.Dispatched: CaseDispatched,
    events.Unmatched: CaseUnmatched,
    events.Accepted: published.CaseAccepted,
    events.Declined: published.CaseDeclined,
    events.Returned: published.CaseReturned,
    events.Suspended: published.CaseSuspended,
    events.Resumed: published.CaseResumed,
    events.Extended: published.CaseExtended,
    events.Escalated: published.CaseEscalated,
    events.Resolved: published.CaseResolved,
    events.Reworked: published.CaseReworked,
    events.Closed: published.CaseClosed,
    events.Cancelled: published.CaseCancelled,
    events.Overdue: published.CaseOverdue,
    events.Reopened: published.CaseReopened,
}
"""What is published of each event of the domain."""

_OUTCOMES = {"closed": State.CLOSED, "cancelled": State.CANCELLED, "open": State.ESTABLISHED}

log = structlog.get_logger(__name__)


# People.


def act(uow: Uow, actor: Actor, case_id: UUID, action: CaseAction) -> Case:
    """Carry out the action of a person on one case, and return the case as it is then.

    Raises:
        CaseNotFound: there is no such case.
        ForeignRegion, NotYourUnit: it is not the caller's to act on.
        RoleRefused, TransitionRefused: the table of the steps does not allow it.
    """
    case = lock_in_scope(uow, actor, case_id, type(action))
    return perform(uow, case, action, actor.account, actor.roles)


def perform(
    uow: Uow, case: Case, action: CaseAction, account: str, roles: Collection[str] | None = None
) -> Case:
    """Carry out an action on a case that is locked and in scope. Raises as `decide` does."""
    step = decide(case, action, context_of(case_policy(uow), case.service, uow.now), roles)
    carry_out(uow, [step], account)
    return step.case


def lock_in_scope(uow: Uow, actor: Actor, case_id: UUID, action: type[CaseAction]) -> Case:
    """The case, locked, if the caller may act on it. Raises as `act` does for the scope.

    A case in nobody's hands does not exist for units: what is refused would name its state.
    """
    case = locking.lock_case(uow.connection, case_id)
    if case is None:
        raise CaseNotFound(case_id=case_id)
    if not action.by_unit or actor.is_admin:
        actor.must_cover(case.grid_code)
    elif not actor.owns(case.unit_id):
        raise CaseNotFound(case_id=case_id) if case.unit_id is None else NotYourUnit
    return case


def must_allow(uow: Uow, actor: Actor, case: Case, action: type[CaseAction]) -> None:
    """Raise as `decide` does unless the caller may take this action on the case now."""
    context = context_of(case_policy(uow), case.service, uow.now)
    CASE_STATES.take(case, action.action, context, actor.roles)


# Time.


def decline_unanswered(uow: Uow) -> None:
    """A provider that lets its time to reply pass has declined."""
    cases = locking.lock_unanswered(uow.connection, uow.now)
    perform_all(uow, [(case, DeclineCase(NO_REPLY)) for case in cases])


def raise_overdue(uow: Uow) -> None:
    """Publish each deadline that passed, once, and raise the case one level."""
    unanswered = locking.lock_answer_overdue(uow.connection, uow.now)
    carry_out(uow, [decisions.answer_overdue(case) for case in unanswered])
    unfinished = locking.lock_finish_overdue(uow.connection, uow.now)
    carry_out(uow, [decisions.finish_overdue(case) for case in unfinished])


def resume_suspended(uow: Uow) -> None:
    """Work goes on when the date of a suspension comes."""
    cases = locking.lock_suspension_ended(uow.connection, uow.now)
    perform_all(uow, [(case, ResumeCase()) for case in cases])


def perform_all(uow: Uow, actions: Iterable[tuple[Case, CaseAction]]) -> None:
    """Carry out actions of the platform itself on locked cases. Raises as `decide` does."""
    policy = case_policy(uow)
    carry_out(
        uow,
        [
            decide(case, action, context_of(policy, case.service, uow.now))
            for case, action in actions
        ],
    )


# Requests that were verified (step 2, 案卷建立).


def open_cases(uow: Uow, verified: Sequence[Event]) -> None:
    """Open a case for each request that has none yet.

    History comes in with its own times, and its end.
    """
    policy = case_policy(uow)
    causes = {case_id_of(event.data["request_id"]): event for event in verified}
    cases = [_new_case(policy, event) for event in causes.values()]
    inserted = writing.insert_new(uow.connection, cases)
    for case in cases:
        if case.case_id not in inserted:
            continue
        if case.service not in policy.services:
            log.warning("service not in the catalogue", service_code=case.service)
        _publish_opened(uow, case, causes[case.case_id])


def _new_case(policy: CasePolicy, event: Event) -> Case:
    request = RequestVerified.of(event)
    recorded, place = request.recorded, request.place or {}
    state = _OUTCOMES[recorded["outcome"]] if recorded else State.ESTABLISHED
    context = context_of(policy, request.category, event.time)
    return Case(
        case_id=case_id_of(request.request_id),
        request_id=request.request_id,
        tracking_digest=request.tracking_digest,
        service=request.category,
        grid_code=request.grid_code,
        longitude=place.get("longitude"),
        latitude=place.get("latitude"),
        priority=request.priority,
        state=state,
        opened_at=event.time,
        recorded=bool(recorded),
        # The deadlines of another system are not known, and ours did not hold there.
        answer_due_at=None if recorded else context.after(context.answer_hours),
        ended_at=(recorded["ended_at"] or event.time)
        if recorded and state is not State.ESTABLISHED
        else None,
        closings=int(state is State.CLOSED),
    )


def _publish_opened(uow: Uow, case: Case, cause: Event) -> None:
    opened = events.Opened(
        service=case.service,
        grid_code=case.grid_code,
        priority=case.priority,
        answer_due_at=case.answer_due_at,
    )
    _emit(uow, case, opened, cause, case.opened_at)
    if case.state is State.CLOSED:
        _emit(uow, case, events.Closed(working_hours=None), cause, case.ended_at)
    elif case.state is State.CANCELLED:
        reason = cause.data["recorded"]["reason"] or "recorded"
        _emit(uow, case, events.Cancelled(reason=reason), cause, case.ended_at)


# All of them.


def context_of(policy: CasePolicy, service: str, now: datetime) -> Context:
    """What decisions on a case of this service depend on."""
    deadlines = policy.deadlines(service)
    return Context(
        now=now,
        calendar=policy.calendar,
        answer_hours=deadlines.answer_hours,
        finish_hours=deadlines.finish_hours,
        reopen_within=policy.reopen_within,
    )


def carry_out(uow: Uow, steps: Sequence[Step], account: str = writing.SYSTEM) -> None:
    """Save what was decided, with its history, and publish what happened."""
    writing.save(uow.connection, [_encrypted(uow, step) for step in steps], account, uow.now)
    for step in steps:
        for event in step.events:
            _emit(uow, step.case, event)


def note_context(case: Case) -> str:
    """What an encrypted note is bound to."""
    return str(case.request_id)


def _encrypted(uow: Uow, step: Step) -> Step:
    """The step with its note and evidence encrypted: both hold a person's words."""

    def encrypt(text: str) -> str:
        return uow.keyring.encrypt(text, note_context(step.case))

    note = encrypt(step.note) if step.note else None
    return replace(step, note=note, evidence=[encrypt(each) for each in step.evidence or ()])


def _emit(
    uow: Uow,
    case: Case,
    event: events.DomainEvent,
    cause: Event | None = None,
    time: datetime | None = None,
) -> None:
    """Publish one event of a case; all events of a case belong to the resident's request."""
    data = PUBLISHED[type(event)](case_id=case.case_id, request_id=case.request_id, **asdict(event))
    uow.emit(data, time=time, cause=cause, correlation_id=case.request_id)
