"""The organization service at a glance: every HTTP route is a method here."""

from __future__ import annotations

from typing import Any

from linli_chassis.http import RequestContext, ImportResponse, ImportBody, page, page_of, route

from linli_organization import schemas, store
from linli_organization.domain import errors
from linli_organization.handlers import regions, resources, units
from linli_organization.handlers.batch import Batch
from linli_organization.settings import OrganizationSettings

WRITERS = ("operator",)
READERS = ("grid_worker", "dispatcher", "provider", "reviewer", "evaluator", "operator")


class OrganizationService:
    """Keeps the divisions of the district, its units, and the resources that units offer."""

    name = "organization"
    settings = OrganizationSettings
    problems = {
        errors.Invalid: 422,
        errors.NotAllowed: 403,
        errors.NotFound: 404,
        errors.Conflict: 409,
    }

    @route(
        "POST",
        "/regions/import",
        roles=WRITERS,
        body=ImportBody(schemas.RegionItem),
        response=ImportResponse,
        summary="Register divisions",
    )
    def import_regions(self, call: RequestContext) -> Any:
        """Register divisions, or correct their names."""
        return regions.register_regions(call.uow, call.principal, _batch(call))

    @route(
        "GET",
        "/regions",
        roles=("resident", *READERS),
        query=schemas.RegionQuery,
        response=page_of(schemas.Region),
        summary="List divisions",
    )
    def list_regions(self, call: RequestContext) -> Any:
        """Divisions in the order of their codes."""
        return _page(call, store.list_regions(call.uow.connection, call.query), "region_code")

    @route(
        "POST",
        "/units/import",
        roles=WRITERS,
        body=ImportBody(schemas.UnitItem),
        response=ImportResponse,
        summary="Register units",
    )
    def import_units(self, call: RequestContext) -> Any:
        """Register units, or correct what is known of them."""
        return units.register_units(call.uow, call.principal, _batch(call))

    @route(
        "POST",
        "/units",
        roles=WRITERS,
        body=schemas.UnitItem,
        response=schemas.Unit,
        status=201,
        summary="Register a unit",
    )
    def register_unit(self, call: RequestContext) -> Any:
        """Register one unit, or correct what is known of it."""
        return units.register_unit(call.uow, call.principal, call.body)

    @route(
        "GET",
        "/units",
        roles=READERS,
        query=schemas.UnitQuery,
        response=page_of(schemas.Unit),
        summary="List units",
    )
    def list_units(self, call: RequestContext) -> Any:
        """Units in the order of their references."""
        return _page(call, store.list_units(call.uow.connection, call.query), "external_ref")

    @route(
        "GET", "/units/<uuid:unit_id>", roles=READERS, response=schemas.Unit, summary="Show a unit"
    )
    def show_unit(self, call: RequestContext) -> Any:
        """One unit."""
        return units.find(call.uow, call.path["unit_id"])

    @route(
        "POST",
        "/resources/import",
        roles=WRITERS,
        body=ImportBody(schemas.ResourceItem),
        response=ImportResponse,
        summary="Offer resources",
    )
    def import_resources(self, call: RequestContext) -> Any:
        """Offer resources, or change what is offered."""
        return resources.offer_resources(call.uow, call.principal, _batch(call))

    @route(
        "POST",
        "/resources",
        roles=WRITERS,
        body=schemas.ResourceItem,
        response=schemas.Resource,
        status=201,
        summary="Offer a resource",
    )
    def offer_resource(self, call: RequestContext) -> Any:
        """Offer one resource, or change what it offers."""
        return resources.offer_resource(call.uow, call.principal, call.body)

    @route(
        "GET",
        "/resources",
        roles=READERS,
        query=schemas.ResourceQuery,
        response=page_of(schemas.Resource),
        summary="List resources",
    )
    def list_resources(self, call: RequestContext) -> Any:
        """Resources in the order of their references."""
        return _page(call, store.list_resources(call.uow.connection, call.query), "external_ref")

    @route(
        "GET",
        "/resources/<uuid:resource_id>",
        roles=READERS,
        response=schemas.Resource,
        summary="Show a resource",
    )
    def show_resource(self, call: RequestContext) -> Any:
        """One resource."""
        return resources.find(call.uow, call.path["resource_id"])

    @route(
        "PUT",
        "/resources/<uuid:resource_id>",
        roles=(*WRITERS, "provider"),
        body=schemas.Offer,
        response=schemas.Resource,
        summary="Change a resource",
    )
    def change_resource(self, call: RequestContext) -> Any:
        """Change what a resource offers; providers may change those of their own unit."""
        return resources.change_resource(
            call.uow, call.principal, call.path["resource_id"], call.body
        )

    @route(
        "POST",
        "/resources/<uuid:resource_id>/withdraw",
        roles=(*WRITERS, "provider"),
        body=schemas.Withdrawal,
        response=schemas.Resource,
        summary="Withdraw a resource",
    )
    def withdraw_resource(self, call: RequestContext) -> Any:
        """Withdraw a resource; providers may withdraw those of their own unit."""
        key, reason = call.path["resource_id"], call.body["reason"]
        return resources.withdraw_resource(call.uow, call.principal, key, reason)


def _batch(call: RequestContext) -> Batch:
    return Batch(call.body["items"], call.body["refused"])


def _page(call: RequestContext, rows: list[store.Row], key: str) -> dict[str, Any]:
    return page(rows, call.query["limit"], key=lambda row: [row[key]])
