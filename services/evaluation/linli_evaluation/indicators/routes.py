"""The route that shows the definitions in force."""

from __future__ import annotations

from linli_chassis.http import RequestContext, Scope, route

from linli_evaluation.indicators import schemas
from linli_evaluation.indicators.domain.definitions import Definitions
from linli_evaluation.roles import READERS, SCORED
from linli_evaluation.settings import Uow


class Indicators:
    """The indicators of the district."""

    @route(
        "GET",
        "/indicators",
        roles=READERS + SCORED,
        scope=Scope.DISTRICT,
        response=schemas.IndicatorsResponse,
        summary="List indicators",
    )
    def list_indicators(self, context: RequestContext[object]) -> Definitions:
        """The definitions that open periods are scored by."""
        uow: Uow = context.uow
        return uow.settings.definitions
