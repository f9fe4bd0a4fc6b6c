"""What a resident sees of the case."""

from __future__ import annotations

from linli_kernel.tracking import digest_of

from linli_service_desk.cases import Case, State, find_by_digest
from linli_service_desk.catalogue import case_policy
from linli_service_desk.errors import TrackingCodeUnknown
from linli_service_desk.feedback.domain import TrackedCase
from linli_service_desk.feedback.tables import is_rated
from linli_service_desk.projections import unit_names
from linli_service_desk.settings import Uow


def track(uow: Uow, code: str, language: str) -> TrackedCase:
    """How the case of a tracking code stands. Raises `TrackingCodeUnknown`."""
    case = find_by_digest(uow.connection, digest_of(code))
    if case is None:
        raise TrackingCodeUnknown
    return tracked(uow, case, language)


def tracked(uow: Uow, case: Case, language: str) -> TrackedCase:
    """A case as its resident sees it."""
    policy = case_policy(uow)
    until = case.can_reopen_until(policy.reopen_within)
    names = unit_names(uow.connection, [case.unit_id]) if case.unit_id else {}
    rated = is_rated(uow.connection, case.case_id, case.closings)
    return TrackedCase(
        state=case.state,
        service=case.service,
        service_name=policy.service_name(case.service, language),
        unit_name=names.get(case.unit_id) if case.unit_id else None,
        opened_at=case.opened_at,
        answer_due_at=case.answer_due_at,
        due_at=case.due_at,
        ended_at=case.ended_at,
        can_rate=case.state is State.CLOSED and not rated,
        can_reopen_until=until if until and until >= uow.now else None,
    )
