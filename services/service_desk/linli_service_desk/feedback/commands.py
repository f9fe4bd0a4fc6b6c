"""The resident's verdict on a closed case."""

from __future__ import annotations

from linli_contracts.events.service_desk.feedback import CaseRated
from linli_kernel.tracking import digest_of

from linli_service_desk.cases import Case, ReopenCase, State, find_by_digest, perform
from linli_service_desk.errors import AlreadyRated, NotRateable, TrackingCodeUnknown
from linli_service_desk.feedback.domain import GiveFeedback
from linli_service_desk.feedback.tables import insert_rating
from linli_service_desk.settings import Uow

RESIDENT = "resident"
"""The account of what residents do."""


def give_feedback(uow: Uow, verdict: GiveFeedback) -> Case:
    """Store the verdict, one for each closing; reopen the case when the resident asks for that.

    A resident who said "not solved" first and only later wants it taken up again sends the same
    once more with `reopen`.

    Raises:
        TrackingCodeUnknown: no case has this tracking code.
        NotRateable: the case is not closed.
        AlreadyRated: this closing has a verdict, and reopening is not asked for.
        TransitionRefused: the days within which it can be reopened have passed.
    """
    case = find_by_digest(uow.connection, digest_of(verdict.tracking_code), lock=True)
    if case is None:
        raise TrackingCodeUnknown
    if case.state is not State.CLOSED:
        raise NotRateable
    if insert_rating(uow.connection, case.case_id, case.closings, verdict, uow.now):
        _publish(uow, case, verdict)
    elif not verdict.reopen:
        raise AlreadyRated
    return perform(uow, case, ReopenCase("not_solved"), RESIDENT) if verdict.reopen else case


def _publish(uow: Uow, case: Case, verdict: GiveFeedback) -> None:
    rated = CaseRated(
        case_id=case.case_id,
        request_id=case.request_id,
        answered=verdict.answered,
        solved=verdict.solved,
        satisfaction=verdict.satisfaction,
    )
    uow.emit(rated, correlation_id=case.request_id)
