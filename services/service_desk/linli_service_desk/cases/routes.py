"""The routes of cases, the timers, and the subscription that opens them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from linli_chassis.http import BodySchema, Page, RequestContext, Scope, page_of, route
from linli_chassis.messaging.subscriptions import Event, subscribe
from linli_chassis.process.timers import every
from linli_contracts.events.grid.requests import RequestVerified

from linli_service_desk.cases import commands, queries, schemas
from linli_service_desk.cases.domain import actions
from linli_service_desk.cases.domain.states import CASE_STATES
from linli_service_desk.cases.domain.views import ListedCase, ShownCase
from linli_service_desk.settings import Uow

READERS = ("grid_worker", "dispatcher", "provider", "reviewer", "evaluator", "operator")
_CASE = "/cases/<uuid:case_id>"
_Method = TypeVar("_Method", bound=Callable[..., ShownCase])


def _action_route(
    action: type[actions.CaseAction], summary: str, body: type[BodySchema] | None = None
) -> Callable[[_Method], _Method]:
    """`POST /cases/<case_id>/<action>`. Who may is said by the table of the steps."""
    return route(
        "POST",
        f"{_CASE}/{action.action}",
        roles=CASE_STATES.roles_of(action.action),
        scope=Scope.REGION_OR_UNIT,
        body=body,
        response=schemas.CaseDetail,
        summary=summary,
    )


def _act(context: RequestContext[object], action: actions.CaseAction) -> ShownCase:
    case = commands.act(context.uow, context.actor, context.path["case_id"], action)
    return queries.case_detail(context.uow, context.actor, case, context.locale)


class Cases:
    """Cases through the seven steps."""

    @subscribe(RequestVerified)
    def on_request_verified(self, uow: Uow, events: list[Event]) -> None:
        commands.open_cases(uow, events)

    @every(seconds=5.0)
    def decline_unanswered(self, uow: Uow) -> None:
        commands.decline_unanswered(uow)

    @every(seconds=5.0)
    def raise_overdue(self, uow: Uow) -> None:
        commands.raise_overdue(uow)

    @every(seconds=5.0)
    def resume_suspended(self, uow: Uow) -> None:
        commands.resume_suspended(uow)

    @route(
        "GET",
        "/cases",
        roles=READERS,
        scope=Scope.REGION_OR_UNIT,
        query=schemas.CaseQuery,
        response=page_of(schemas.CaseSummary),
        summary="List cases",
    )
    def list_cases(self, context: RequestContext[queries.ListCases]) -> Page[ListedCase]:
        """The cases of the caller's region or unit, the newest first."""
        return queries.list_cases(context.uow, context.actor, context.input, context.locale)

    @route(
        "GET",
        _CASE,
        roles=READERS,
        scope=Scope.REGION_OR_UNIT,
        response=schemas.CaseDetail,
        summary="Show a case",
    )
    def show_case(self, context: RequestContext[object]) -> ShownCase:
        """One case: its history, why it was matched as it is, and what the caller may do now."""
        case_id = context.path["case_id"]
        return queries.show_case(context.uow, context.actor, case_id, context.locale)

    @_action_route(actions.AcceptCase, "Accept a case")
    def accept(self, context: RequestContext[object]) -> ShownCase:
        """Take it on: handling begins."""
        return _act(context, actions.AcceptCase())

    @_action_route(actions.DeclineCase, "Decline a case", schemas.DeclineBody)
    def decline(self, context: RequestContext[actions.DeclineCase]) -> ShownCase:
        """Not this one: it is matched again, to another resource."""
        return _act(context, context.input)

    @_action_route(actions.ReturnCase, "Return a case", schemas.ReturnBody)
    def return_case(self, context: RequestContext[actions.ReturnCase]) -> ShownCase:
        """Not our duty, and whose it is: it is matched again, preferring that unit."""
        return _act(context, context.input)

    @_action_route(actions.SuspendCase, "Suspend a case", schemas.SuspendBody)
    def suspend(self, context: RequestContext[actions.SuspendCase]) -> ShownCase:
        """It cannot be done within the limit: the clock stands still until a date."""
        return _act(context, context.input)

    @_action_route(actions.ResumeCase, "Resume a suspended case")
    def resume(self, context: RequestContext[object]) -> ShownCase:
        """Work goes on before the date; the limit moves by the time it stood still."""
        return _act(context, actions.ResumeCase())

    @_action_route(actions.ExtendCase, "Extend the limit", schemas.ExtendBody)
    def extend(self, context: RequestContext[actions.ExtendCase]) -> ShownCase:
        """Move the limit to finish, once."""
        return _act(context, context.input)

    @_action_route(actions.EscalateCase, "Raise a case one level", schemas.EscalateBody)
    def escalate(self, context: RequestContext[actions.EscalateCase]) -> ShownCase:
        """From the grid to the community, the sub-district, the district: one level at a time."""
        return _act(context, context.input)

    @_action_route(actions.ResolveCase, "Report the work as done", schemas.ResolveBody)
    def resolve(self, context: RequestContext[actions.ResolveCase]) -> ShownCase:
        """With what was done, and at least one reference that shows it."""
        return _act(context, context.input)

    @_action_route(actions.CheckCase, "Check on site", schemas.CheckBody)
    def check(self, context: RequestContext[actions.CheckCase]) -> ShownCase:
        """As reported: closed. Not so: back to handling, a rework."""
        return _act(context, context.input)

    @_action_route(actions.CancelCase, "Cancel a case", schemas.CancelBody)
    def cancel(self, context: RequestContext[actions.CancelCase]) -> ShownCase:
        """Strike it off, with a reason."""
        return _act(context, context.input)

    @_action_route(actions.ReopenCase, "Reopen a case", schemas.ReopenBody)
    def reopen(self, context: RequestContext[actions.ReopenCase]) -> ShownCase:
        """Take a closed case up again within the days of grace."""
        return _act(context, context.input)
