"""Requests: the events that facts are folded from, and the routes that show facts."""

from __future__ import annotations

from collections.abc import Sequence

from linli_chassis.http import Page, RequestContext, Scope, route
from linli_chassis.messaging.subscriptions import subscribe
from linli_contracts.envelope import Event
from linli_contracts.events.grid import requests as request_events
from linli_contracts.events.service_desk import cases as case_events
from linli_contracts.events.service_desk.feedback import CaseRated
from linli_contracts.events.service_desk.matching import CaseDispatched, CaseUnmatched

from linli_evaluation.roles import READERS
from linli_evaluation.settings import Uow
from linli_evaluation.sources.requests import commands, queries, schemas
from linli_evaluation.sources.requests.domain import CaseFact, Figures, OpenedFact


class Requests:
    """Facts and figures of requests."""

    @subscribe(
        request_events.RequestRegistered,
        request_events.RequestVerified,
        request_events.RequestRelocated,
        request_events.RequestRejected,
        request_events.RequestResolvedOnSpot,
        request_events.RequestLinked,
        case_events.CaseOpened,
        CaseDispatched,
        CaseUnmatched,
        case_events.CaseAccepted,
        case_events.CaseDeclined,
        case_events.CaseReturned,
        case_events.CaseSuspended,
        case_events.CaseResumed,
        case_events.CaseExtended,
        case_events.CaseEscalated,
        case_events.CaseResolved,
        case_events.CaseReworked,
        case_events.CaseClosed,
        case_events.CaseCancelled,
        case_events.CaseOverdue,
        CaseRated,
        case_events.CaseReopened,
    )
    def on_request_or_case(self, uow: Uow, events: Sequence[Event]) -> None:
        """Fold the facts of the requests that the events belong to."""
        commands.record_events(uow, events)

    @route(
        "GET",
        "/facts/<uuid:request_id>",
        roles=READERS,
        scope=Scope.REGION,
        response=schemas.OpenedFactResponse,
        summary="A fact, opened",
    )
    def get_fact(self, context: RequestContext[object]) -> OpenedFact:
        """What is known of one request, and the events that told it."""
        return queries.open_fact(context.uow, context.actor, context.path["request_id"])

    @route(
        "GET",
        "/facts",
        roles=READERS,
        scope=Scope.REGION,
        query=schemas.FactsQuery,
        response=schemas.FactPage,
        summary="List facts",
    )
    def list_facts(self, context: RequestContext[queries.FactsQuery]) -> Page[CaseFact]:
        """Facts within the caller's region."""
        return queries.list_facts(context.uow, context.actor, context.input)

    @route(
        "GET",
        "/figures",
        roles=READERS,
        scope=Scope.REGION,
        query=schemas.FiguresQuery,
        response=schemas.FiguresResponse,
        summary="Count requests by subject and status",
    )
    def figures(self, context: RequestContext[queries.FiguresQuery]) -> Figures:
        """Counts and median hours, to check an import by."""
        return queries.count_figures(context.uow, context.actor, context.input)
