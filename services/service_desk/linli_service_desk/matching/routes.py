"""The timer of matching, dispatching by hand, and the subscriptions that change the supply."""

from __future__ import annotations

from linli_chassis.http import RequestContext, Scope, route
from linli_chassis.messaging.subscriptions import Event, subscribe
from linli_chassis.process.timers import every
from linli_contracts.events.organization.resources import (
    ResourceChanged,
    ResourceOffered,
    ResourceWithdrawn,
)

from linli_service_desk.cases import CASE_STATES, CaseDetail, DispatchCase, ShownCase, case_detail
from linli_service_desk.matching import commands
from linli_service_desk.matching.domain import ChosenResource
from linli_service_desk.matching.schemas import DispatchBody
from linli_service_desk.settings import Uow


class Matching:
    """Step 3: cases are given to resources."""

    @every(seconds=1.0)
    def match_waiting(self, uow: Uow) -> None:
        commands.match_waiting(uow)

    @subscribe(ResourceOffered, ResourceChanged)
    def on_resource_offered_or_changed(self, uow: Uow, events: list[Event]) -> None:
        commands.update_resources(uow, events)

    @subscribe(ResourceWithdrawn)
    def on_resource_withdrawn(self, uow: Uow, events: list[Event]) -> None:
        commands.remove_resources(uow, events)

    @route(
        "POST",
        "/cases/<uuid:case_id>/dispatch",
        roles=CASE_STATES.roles_of(DispatchCase.action),
        scope=Scope.REGION_OR_UNIT,
        body=DispatchBody,
        response=CaseDetail,
        summary="Give a case to a resource",
    )
    def dispatch(self, context: RequestContext[ChosenResource]) -> ShownCase:
        """Give a waiting case to a resource by hand; never beyond its capacity of the day."""
        case_id = context.path["case_id"]
        case = commands.dispatch_by_hand(context.uow, context.actor, case_id, context.input)
        return case_detail(context.uow, context.actor, case, context.locale)
