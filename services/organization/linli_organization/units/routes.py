"""The routes of units."""

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

from linli_organization.roles import READERS, WRITERS
from linli_organization.units import commands, queries, schemas
from linli_organization.units.domain import RegisterUnit, Unit
from linli_organization.units.queries import ListUnits


class Units:
    """Registering, listing and showing units."""

    @route(
        "POST",
        "/units/import",
        roles=WRITERS,
        scope=Scope.REGION,
        body=ImportBody(schemas.UnitItem),
        response=ImportResponse,
        summary="Register units",
    )
    def import_units(self, context: RequestContext[Batch[RegisterUnit]]) -> ImportResult:
        """Register units, or correct what is known of them."""
        return commands.register_units(context.uow, context.actor, context.input)

    @route(
        "POST",
        "/units",
        roles=WRITERS,
        scope=Scope.REGION,
        body=schemas.UnitItem,
        response=schemas.Unit,
        status=201,
        summary="Register a unit",
    )
    def register_unit(self, context: RequestContext[RegisterUnit]) -> Unit:
        """Register one unit, or correct what is known of it."""
        return commands.register_unit(context.uow, context.actor, context.input)

    @route(
        "GET",
        "/units",
        roles=READERS,
        scope=Scope.DISTRICT,
        query=schemas.UnitQuery,
        response=page_of(schemas.Unit),
        summary="List units",
    )
    def list_units(self, context: RequestContext[ListUnits]) -> Page[Unit]:
        """Units in the order of their references."""
        return queries.list_units(context.uow, context.input)

    @route(
        "GET",
        "/units/<uuid:unit_id>",
        roles=READERS,
        scope=Scope.DISTRICT,
        response=schemas.Unit,
        summary="Show a unit",
    )
    def show_unit(self, context: RequestContext[object]) -> Unit:
        """One unit."""
        return queries.find_unit(context.uow, context.path["unit_id"])
