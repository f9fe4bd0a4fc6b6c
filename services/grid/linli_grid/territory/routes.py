"""The routes of grids, boundaries and coverage, and what is learnt of regions."""

from __future__ import annotations

from linli_chassis.http import Batch, Page, RequestContext, Scope, route
from linli_chassis.messaging.subscriptions import subscribe
from linli_contracts.envelope import Event
from linli_contracts.events.organization.regions import RegionRegistered

from linli_grid.settings import Uow
from linli_grid.territory import commands, queries, schemas
from linli_grid.territory.domain import DrawGrid, SetBoundary

WRITERS = ("operator",)
READERS = ("grid_worker", "dispatcher", "reviewer", "evaluator", "operator")


class Territory:
    """Grids, boundaries and coverage."""

    @route(
        "POST",
        "/grids/import",
        roles=WRITERS,
        scope=Scope.REGION,
        body=schemas.GridImport,
        response=schemas.GridImportResponse,
        summary="Draw many grids",
    )
    def import_grids(self, context: RequestContext[Batch[DrawGrid]]) -> commands.GridImportResult:
        """Small flaws are repaired, bad items listed. Sending the same again changes nothing."""
        return commands.import_grids(context.uow, context.actor, context.input)

    @route(
        "GET",
        "/grids",
        roles=READERS,
        scope=Scope.REGION,
        query=schemas.GridQuery,
        response=schemas.GridPage,
        summary="List grids",
    )
    def list_grids(self, context: RequestContext[queries.ListGrids]) -> Page[queries.StaffedGrid]:
        """Those of your region, by code."""
        return queries.list_grids(context.uow, context.actor, context.input)

    @route(
        "GET",
        "/grids/<code:grid_code>",
        roles=READERS,
        scope=Scope.REGION,
        response=schemas.GridResponse,
        summary="One grid",
    )
    def get_grid(self, context: RequestContext[None]) -> queries.StaffedDrawnGrid:
        """With its shape and its workers."""
        return queries.get_grid(context.uow, context.actor, context.path["grid_code"])

    @route(
        "PUT",
        "/boundaries/<code:community_code>",
        roles=WRITERS,
        scope=Scope.REGION,
        body=schemas.BoundaryBody,
        response=schemas.BoundaryResponse,
        summary="Set the boundary of a community",
    )
    def set_boundary(self, context: RequestContext[SetBoundary]) -> commands.BoundaryResult:
        """Its grids are compared with it in `/coverage`."""
        code = context.path["community_code"]
        return commands.set_boundary(context.uow, context.actor, code, context.input)

    @route(
        "GET",
        "/coverage",
        roles=READERS,
        scope=Scope.REGION,
        query=schemas.CoverageQuery,
        response=schemas.CoverageResponse,
        summary="Check that grids cover the ground once and are staffed",
    )
    def report_coverage(
        self, context: RequestContext[queries.CheckCoverage]
    ) -> queries.CoverageReport:
        """Overlaps, gaps, repaired drawings, and grids without a full-time worker."""
        return queries.report_coverage(context.uow, context.actor, context.input)

    @subscribe(RegionRegistered)
    def on_region_registered(self, uow: Uow, events: list[Event]) -> None:
        """Know the communities that grids may belong to."""
        commands.upsert_regions(uow, events)
