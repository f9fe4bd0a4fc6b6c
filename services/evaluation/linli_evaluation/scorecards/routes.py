"""The routes that show scorecards."""

from __future__ import annotations

from linli_chassis.http import RequestContext, Scope, route

from linli_evaluation.roles import READERS, SCORED
from linli_evaluation.scorecards import schemas
from linli_evaluation.scorecards.queries import showing


class Scorecards:
    """The scorecards of regions, grids and units."""

    @route(
        "GET",
        "/scorecards",
        roles=READERS + SCORED,
        scope=Scope.REGION_OR_UNIT,
        query=schemas.ScorecardsQuery,
        response=schemas.ScorecardsResponse,
        summary="List the scorecards of a level",
    )
    def list_scorecards(
        self, context: RequestContext[showing.ScorecardsQuery]
    ) -> showing.ScorecardList:
        """Scorecards that the caller may see, the best first."""
        return showing.list_scorecards(context.uow, context.actor, context.input)

    @route(
        "GET",
        "/scorecards/<subject>",
        roles=READERS + SCORED,
        scope=Scope.REGION_OR_UNIT,
        query=schemas.PeriodQuery,
        response=schemas.OpenedScorecardResponse,
        summary="A scorecard, opened down to its indicators",
    )
    def get_scorecard(
        self, context: RequestContext[showing.PeriodQuery]
    ) -> showing.OpenedScorecard:
        """One scorecard."""
        subject = context.path["subject"]
        return showing.open_scorecard(context.uow, context.actor, subject, context.input)

    @route(
        "GET",
        "/scorecards/<subject>/cases",
        roles=READERS,
        scope=Scope.REGION,
        query=schemas.CasesQuery,
        response=schemas.CasesResponse,
        summary="The cases behind an indicator of a scorecard",
    )
    def list_cases(
        self, context: RequestContext[showing.ContributionsQuery]
    ) -> showing.ContributionPage:
        """Which cases an indicator looked at, what each added, and the events that tell why."""
        subject = context.path["subject"]
        return showing.list_contributions(context.uow, context.actor, subject, context.input)
