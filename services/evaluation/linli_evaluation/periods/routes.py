"""The routes by which an evaluator closes and revises a period."""

from __future__ import annotations

from linli_chassis.http import RequestContext, Scope, route

from linli_evaluation.periods import commands, schemas
from linli_evaluation.periods.domain import ClosePeriod, RevisePeriod
from linli_evaluation.scorecards import Published


class Periods:
    """Periods that are closed for good."""

    @route(
        "POST",
        "/periods/<period>/close",
        roles=("evaluator",),
        scope=Scope.REGION,
        body=schemas.ClosePeriod,
        response=schemas.ClosedPeriodResponse,
        status=201,
        summary="Close a period and publish its scorecards",
    )
    def close_period(self, context: RequestContext[ClosePeriod]) -> Published:
        """Score all subjects once and for all."""
        code = context.path["period"]
        return commands.close_period(context.uow, context.actor, code, context.input)

    @route(
        "POST",
        "/periods/<period>/revise",
        roles=("evaluator",),
        scope=Scope.REGION,
        body=schemas.RevisePeriod,
        response=schemas.ClosedPeriodResponse,
        status=201,
        summary="Revise a closed period",
    )
    def revise_period(self, context: RequestContext[RevisePeriod]) -> Published:
        """Score a closed period anew, with the reason."""
        code = context.path["period"]
        return commands.revise_period(context.uow, context.actor, code, context.input)
