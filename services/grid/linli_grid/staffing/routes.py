"""The routes of the workers of grids."""

from __future__ import annotations

from linli_chassis.http import RequestContext, Scope, route

from linli_grid.staffing import commands, schemas
from linli_grid.staffing.domain import AssignWorker, Staff

ASSIGNERS = ("dispatcher", "operator")


class Staffing:
    """Who has which duty in a grid."""

    @route(
        "PUT",
        "/grids/<code:grid_code>/workers/<uuid:worker_id>",
        roles=ASSIGNERS,
        scope=Scope.REGION,
        body=schemas.DutyBody,
        response=schemas.StaffResponse,
        summary="Give a worker a duty in a grid",
    )
    def assign_worker(self, context: RequestContext[AssignWorker]) -> Staff:
        """Exactly one is full-time, one at most the deputy, any number part-time."""
        return commands.assign_worker(
            context.uow, context.actor, **context.path, command=context.input
        )

    @route(
        "DELETE",
        "/grids/<code:grid_code>/workers/<uuid:worker_id>",
        roles=ASSIGNERS,
        scope=Scope.REGION,
        response=schemas.StaffResponse,
        summary="Relieve a worker of the duty in a grid",
    )
    def relieve_worker(self, context: RequestContext[None]) -> Staff:
        """Without a full-time worker the grid falls to its deputy."""
        return commands.relieve_worker(context.uow, context.actor, **context.path)
