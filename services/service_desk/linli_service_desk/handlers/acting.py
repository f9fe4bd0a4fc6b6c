"""The actions that people take on a case: who may, what it becomes, what is told."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from linli_chassis.http import RequestContext, Principal
from linli_chassis.storage.unit_of_work import UnitOfWork

from linli_service_desk.desk import desk_of
from linli_service_desk.domain import actions, errors
from linli_service_desk.domain.case import Case, Rules, Step
from linli_service_desk.domain.states import ADMIN, way
from linli_service_desk.domain.supply import Offer
from linli_service_desk.handlers import reading
from linli_service_desk.handlers.steps import carry_out
from linli_service_desk.store import cases, supply

Decide = Callable[[Case, Rules], Step]


def take(call: RequestContext, decide: Decide) -> dict[str, object]:
    """Carry an action of the grid or the desk out on a case of its region, and show the case."""
    case = _locked(call)
    call.principal.must_cover(case.grid_code)
    return _take(call, case, decide)


def take_as_provider(call: RequestContext, decide: Decide) -> dict[str, object]:
    """Carry an action of the unit out that has the case in its hands, and show the case."""
    case = _locked(call)
    must_be_of_unit(call.principal, case)
    return _take(call, case, decide)


def refuse(call: RequestContext, reason: str, decide: Decide) -> dict[str, object]:
    """Decline or return: the case is not offered to this resource again."""

    def decide_and_remember(case: Case, rules: Rules) -> Step:
        step = decide(case, rules)
        cases.refuse(call.uow.connection, case, reason, call.uow.now)
        return step

    return take_as_provider(call, decide_and_remember)


def dispatch_by_hand(call: RequestContext) -> dict[str, object]:
    """Give a case to a resource of the dispatcher's choice; coverage and hours are theirs to judge,
    capacity is not.
    """
    supply.lock(call.uow.connection)

    def decide(case: Case, rules: Rules) -> Step:
        way(case, "dispatch", rules, call.uow.now)
        offer = _fit_offer(call.uow, call.body["resource_id"], case)
        to = actions.Assignment(offer.resource_id, offer.unit_id, "dispatcher")
        supply.keep_dispatches(call.uow.connection, [(case, to)], call.uow.now)
        return actions.dispatch(case, to, rules, call.uow.now)

    return take(call, decide)


def must_be_of_unit(principal: Principal, case: Case) -> None:
    """Raise `NotYourUnit` unless the case is in the hands of the caller's unit. A case in nobody's
    hands passes: the table of the steps then says what is possible."""
    if case.unit_id not in (None, principal.unit_id) and ADMIN not in principal.roles:
        raise errors.NotYourUnit


def _take(call: RequestContext, case: Case, decide: Decide) -> dict[str, object]:
    step = decide(case, desk_of(call.uow).rules(case.service))
    carry_out(
        call.uow, [step], call.principal.account, call.body.get("note"), call.body.get("evidence")
    )
    return reading.detail(call, step.case)


def _locked(call: RequestContext) -> Case:
    case_id = call.path["case_id"]
    case = cases.load(call.uow.connection, case_id, lock=True)
    if case is None:
        raise errors.CaseNotFound(case_id=case_id)
    return case


def _fit_offer(uow: UnitOfWork, resource_id: UUID, case: Case) -> Offer:
    offers = supply.offers(uow.connection, desk_of(uow).midnight(uow.now), resource_id)
    if not offers or case.service not in offers[0].services:
        raise errors.ResourceUnfit(resource_id=resource_id, service=case.service)
    if not offers[0].left:
        raise errors.CapacityUsedUp(resource_id=resource_id)
    return offers[0]
