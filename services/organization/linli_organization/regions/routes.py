"""The routes of divisions."""

from __future__ import annotations

from linli_chassis.http import (
    Batch,
    ImportBody,
    ImportResponse,
    ImportResult,
    Page,
    RequestContext,
    Scope,
    page_of,
    route,
)

from linli_organization.regions import commands, queries, schemas
from linli_organization.regions.domain import Region, RegisterRegion
from linli_organization.regions.queries import ListRegions
from linli_organization.roles import READERS, WRITERS


class Regions:
    """Registering and listing divisions."""

    @route(
        "POST",
        "/regions/import",
        roles=WRITERS,
        scope=Scope.REGION,
        body=ImportBody(schemas.RegionItem),
        response=ImportResponse,
        summary="Register divisions",
    )
    def import_regions(self, context: RequestContext[Batch[RegisterRegion]]) -> ImportResult:
        """Register divisions, or correct their names."""
        return commands.register_regions(context.uow, context.actor, context.input)

    @route(
        "GET",
        "/regions",
        roles=("resident", *READERS),
        scope=Scope.DISTRICT,
        query=schemas.RegionQuery,
        response=page_of(schemas.Region),
        summary="List divisions",
    )
    def list_regions(self, context: RequestContext[ListRegions]) -> Page[Region]:
        """Divisions in the order of their codes."""
        return queries.list_regions(context.uow, context.input)
