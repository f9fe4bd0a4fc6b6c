"""The resident's side: following a case by its tracking code, and the verdict. No account is needed
or kept.
"""

from __future__ import annotations

from typing import Any

from linli_chassis.http import RequestContext
from linli_chassis.storage.unit_of_work import UnitOfWork
from linli_kernel.tracking import digest_of

from linli_service_desk.desk import desk_of
from linli_service_desk.domain import actions, errors
from linli_service_desk.domain.case import Case, Fact, State
from linli_service_desk.handlers.steps import carry_out, tell
from linli_service_desk.store import cases, read_models

RESIDENT = "resident"
_VERDICT = ("answered", "solved", "satisfaction")


def track(call: RequestContext) -> dict[str, Any]:
    """How the case of a tracking code stands."""
    return _view(call, _by_code(call.uow, call.path["code"], lock=False))


def give_feedback(call: RequestContext) -> dict[str, Any]:
    """Keep the verdict on a closed case, one for each closing; reopen it when the resident asks for
    that.

    Who said "not solved" first and only later wants it taken up again sends the same once more with
    `reopen`.
    """
    case = _by_code(call.uow, call.body["tracking_code"], lock=True)
    if case.state is not State.CLOSED:
        raise errors.NotRateable
    verdict = {name: call.body[name] for name in _VERDICT}
    if cases.rate(call.uow.connection, case, verdict, call.uow.now):
        tell(call.uow, case, Fact("case_rated", verdict))
    elif not call.body["reopen"]:
        raise errors.AlreadyRated
    if call.body["reopen"]:
        step = actions.reopen(
            case, "not_solved", desk_of(call.uow).rules(case.service), call.uow.now
        )
        carry_out(call.uow, [step], RESIDENT)
        case = step.case
    return _view(call, case)


def _by_code(uow: UnitOfWork, code: str, *, lock: bool) -> Case:
    case = cases.by_digest(uow.connection, digest_of(code), lock=lock)
    if case is None:
        raise errors.TrackingCodeUnknown
    return case


def _view(call: RequestContext, case: Case) -> dict[str, Any]:
    desk = desk_of(call.uow)
    until = actions.can_reopen_until(case, desk.reopen_within)
    names = read_models.unit_names(call.uow.connection, [case.unit_id])
    return {
        "state": case.state.value,
        "service": case.service,
        "service_name": desk.service_name(case.service, call.locale),
        "unit_name": names.get(case.unit_id) if case.unit_id else None,
        "opened_at": case.opened_at,
        "answer_due_at": case.answer_due_at,
        "due_at": case.due_at,
        "ended_at": case.ended_at,
        "can_rate": case.state is State.CLOSED and not cases.is_rated(call.uow.connection, case),
        "can_reopen_until": until if until and until >= call.uow.now else None,
    }
