"""The evaluation service: facts from events, scorecards from facts."""

from __future__ import annotations

from typing import Any

from linli_chassis.http import RequestContext, route
from linli_chassis.messaging.subscriptions import subscribe
from linli_chassis.storage.unit_of_work import UnitOfWork
from linli_contracts.envelope import Event
from linli_contracts.events import grid, organization, service_desk

from linli_evaluation.domain import errors
from linli_evaluation.handlers import facts, periods, recording, scorecards
from linli_evaluation.schemas import facts as fact_schemas
from linli_evaluation.schemas import scorecards as card_schemas
from linli_evaluation.settings import EvaluationSettings

READERS = ("evaluator", "operator", "dispatcher", "reviewer")
SCORED = ("provider", "grid_worker")
"""Who is scored may see how, within their own region or unit."""


class EvaluationService:
    """Counts what the work itself leaves behind. Residents are never scored."""

    name = "evaluation"
    settings = EvaluationSettings
    problems = {
        errors.NotFound: 404,
        errors.BadPeriod: 422,
        errors.PeriodNotOver: 409,
        errors.PeriodAlreadyClosed: 409,
        errors.PeriodStillOpen: 409,
    }

    @subscribe(
        grid.RequestRegistered,
        grid.RequestVerified,
        grid.RequestRelocated,
        grid.RequestRejected,
        grid.RequestResolvedOnSpot,
        grid.RequestLinked,
        service_desk.CaseOpened,
        service_desk.CaseDispatched,
        service_desk.CaseUnmatched,
        service_desk.CaseAccepted,
        service_desk.CaseDeclined,
        service_desk.CaseReturned,
        service_desk.CaseSuspended,
        service_desk.CaseResumed,
        service_desk.CaseExtended,
        service_desk.CaseEscalated,
        service_desk.CaseResolved,
        service_desk.CaseReworked,
        service_desk.CaseClosed,
        service_desk.CaseCancelled,
        service_desk.CaseOverdue,
        service_desk.CaseRated,
        service_desk.CaseReopened,
    )
    def on_request_or_case(self, uow: UnitOfWork, events: list[Event]) -> None:
        """Fold the facts of the requests that events tell of."""
        recording.record(uow, events)

    @subscribe(organization.RegionRegistered)
    def on_region_registered(self, uow: UnitOfWork, events: list[Event]) -> None:
        """Know what regions are called."""
        recording.name_regions(uow, events)

    @subscribe(organization.UnitRegistered)
    def on_unit_registered(self, uow: UnitOfWork, events: list[Event]) -> None:
        """Know what units are called."""
        recording.name_units(uow, events)

    @subscribe(grid.GridDrawn)
    def on_grid_drawn(self, uow: UnitOfWork, events: list[Event]) -> None:
        """Know which grids there are."""
        recording.draw_grids(uow, events)

    @subscribe(grid.WorkerAssigned)
    def on_worker_assigned(self, uow: UnitOfWork, events: list[Event]) -> None:
        """Know how grids are staffed."""
        recording.staff_grids(uow, events)

    @route(
        "GET",
        "/facts/<uuid:request_id>",
        roles=READERS,
        response=fact_schemas.OpenedFactAnswer,
        summary="A fact, opened",
    )
    def get_fact(self, call: RequestContext) -> Any:
        """What is known of one request, and the events that told it."""
        return facts.fact(call.uow, call.principal, call.path["request_id"])

    @route(
        "GET",
        "/facts",
        roles=READERS,
        query=fact_schemas.FactsQuery,
        response=fact_schemas.FactPage,
        summary="List facts",
    )
    def list_facts(self, call: RequestContext) -> Any:
        """Facts within the caller's region."""
        return facts.list_facts(call.uow, call.principal, call.query)

    @route(
        "GET",
        "/figures",
        roles=READERS,
        query=fact_schemas.FiguresQuery,
        response=fact_schemas.FiguresAnswer,
        summary="Count requests by subject and status",
    )
    def figures(self, call: RequestContext) -> Any:
        """Counts and median hours, to check an import by."""
        return facts.figures(call.uow, call.principal, call.query)

    @route(
        "GET",
        "/indicators",
        roles=READERS + SCORED,
        response=card_schemas.IndicatorsAnswer,
        summary="List indicators",
    )
    def list_indicators(self, call: RequestContext) -> Any:
        """The definitions that open periods are scored by."""
        used = call.uow.settings.definitions
        indicators = [scorecards.described(each) for each in used.indicators]
        return {"definitions_hash": used.hash, "indicators": indicators, "grades": used.grades}

    @route(
        "GET",
        "/scorecards",
        roles=READERS + SCORED,
        query=card_schemas.ScorecardsQuery,
        response=card_schemas.ScorecardsAnswer,
        summary="List the scorecards of a level",
    )
    def list_scorecards(self, call: RequestContext) -> Any:
        """Scorecards that the caller may see, the best first."""
        return scorecards.list_scorecards(call.uow, call.principal, call.query)

    @route(
        "GET",
        "/scorecards/<subject>",
        roles=READERS + SCORED,
        query=card_schemas.PeriodQuery,
        response=card_schemas.OpenedCardAnswer,
        summary="A scorecard, opened down to its indicators",
    )
    def get_scorecard(self, call: RequestContext) -> Any:
        """One scorecard."""
        return scorecards.scorecard(
            call.uow, call.principal, call.path["subject"], call.query["period"]
        )

    @route(
        "GET",
        "/scorecards/<subject>/cases",
        roles=READERS,
        query=card_schemas.CasesQuery,
        response=card_schemas.CasesAnswer,
        summary="The cases behind an indicator of a scorecard",
    )
    def list_cases(self, call: RequestContext) -> Any:
        """Which cases an indicator looked at, what each added, and the events that tell why."""
        return scorecards.list_cases(call.uow, call.principal, call.path["subject"], call.query)

    @route(
        "POST",
        "/periods/<period>/close",
        roles=("evaluator",),
        body=card_schemas.ClosePeriod,
        response=card_schemas.ClosedPeriod,
        status=201,
        summary="Close a period and publish its scorecards",
    )
    def close_period(self, call: RequestContext) -> Any:
        """Score all subjects once and for all."""
        return periods.close(call.uow, call.principal, call.path["period"], call.body["early"])

    @route(
        "POST",
        "/periods/<period>/revise",
        roles=("evaluator",),
        body=card_schemas.RevisePeriod,
        response=card_schemas.ClosedPeriod,
        status=201,
        summary="Revise a closed period",
    )
    def revise_period(self, call: RequestContext) -> Any:
        """Score a closed period anew, with the reason."""
        return periods.revise(call.uow, call.principal, call.path["period"], call.body["reason"])
