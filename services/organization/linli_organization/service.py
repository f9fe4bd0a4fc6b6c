"""The organization service at a glance: every HTTP route is a method here."""

from __future__ import annotations

from typing import Any

from linli_chassis.http import Call, ImportAnswer, ImportBody, page, page_of, route

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
    problems = {errors.Invalid: 422, errors.NotAllowed: 403, errors.NotFound: 404, errors.Conflict: 409}

    @route("POST", "/regions/import", roles=WRITERS, body=ImportBody(schemas.RegionItem), answer=ImportAnswer,
           summary="Register divisions")  # fmt: skip
    def import_regions(self, call: Call) -> Any:
        """Register divisions, or correct their names."""
        return regions.register_regions(call.uow, call.principal, _batch(call))

    @route("GET", "/regions", roles=("resident", *READERS), query=schemas.RegionQuery, answer=page_of(schemas.Region),
           summary="List divisions")  # fmt: skip
    def list_regions(self, call: Call) -> Any:
        """Divisions in the order of their codes."""
        return _page(call, store.list_regions(call.uow.connection, call.query), "region_code")

    @route("POST", "/units/import", roles=WRITERS, body=ImportBody(schemas.UnitItem), answer=ImportAnswer,
           summary="Register units")  # fmt: skip
    def import_units(self, call: Call) -> Any:
        """Register units, or correct what is known of them."""
        return units.register_units(call.uow, call.principal, _batch(call))

    @route("POST", "/units", roles=WRITERS, body=schemas.UnitItem, answer=schemas.Unit, status=201,
           summary="Register a unit")  # fmt: skip
    def register_unit(self, call: Call) -> Any:
        """Register one unit, or correct what is known of it."""
        return units.register_unit(call.uow, call.principal, call.body)

    @route("GET", "/units", roles=READERS, query=schemas.UnitQuery, answer=page_of(schemas.Unit),
           summary="List units")  # fmt: skip
    def list_units(self, call: Call) -> Any:
        """Units in the order of their references."""
        return _page(call, store.list_units(call.uow.connection, call.query), "external_ref")

    @route("GET", "/units/<uuid:unit_id>", roles=READERS, answer=schemas.Unit, summary="Show a unit")
    def show_unit(self, call: Call) -> Any:
        """One unit."""
        return units.find(call.uow, call.path["unit_id"])

    @route("POST", "/resources/import", roles=WRITERS, body=ImportBody(schemas.ResourceItem), answer=ImportAnswer,
           summary="Offer resources")  # fmt: skip
    def import_resources(self, call: Call) -> Any:
        """Offer resources, or change what is offered."""
        return resources.offer_resources(call.uow, call.principal, _batch(call))

    @route("POST", "/resources", roles=WRITERS, body=schemas.ResourceItem, answer=schemas.Resource, status=201,
           summary="Offer a resource")  # fmt: skip
    def offer_resource(self, call: Call) -> Any:
        """Offer one resource, or change what it offers."""
        return resources.offer_resource(call.uow, call.principal, call.body)

    @route("GET", "/resources", roles=READERS, query=schemas.ResourceQuery, answer=page_of(schemas.Resource),
           summary="List resources")  # fmt: skip
    def list_resources(self, call: Call) -> Any:
        """Resources in the order of their references."""
        return _page(call, store.list_resources(call.uow.connection, call.query), "external_ref")

    @route("GET", "/resources/<uuid:resource_id>", roles=READERS, answer=schemas.Resource, summary="Show a resource")
    def show_resource(self, call: Call) -> Any:
        """One resource."""
        return resources.find(call.uow, call.path["resource_id"])

    @route("PUT", "/resources/<uuid:resource_id>", roles=(*WRITERS, "provider"), body=schemas.Offer,
           answer=schemas.Resource, summary="Change a resource")  # fmt: skip
    def change_resource(self, call: Call) -> Any:
        """Change what a resource offers; providers may change those of their own unit."""
        return resources.change_resource(call.uow, call.principal, call.path["resource_id"], call.body)

    @route("POST", "/resources/<uuid:resource_id>/withdraw", roles=(*WRITERS, "provider"), body=schemas.Withdrawal,
           answer=schemas.Resource, summary="Withdraw a resource")  # fmt: skip
    def withdraw_resource(self, call: Call) -> Any:
        """Withdraw a resource; providers may withdraw those of their own unit."""
        key, reason = call.path["resource_id"], call.body["reason"]
        return resources.withdraw_resource(call.uow, call.principal, key, reason)


def _batch(call: Call) -> Batch:
    return Batch(call.body["items"], call.body["refused"])


def _page(call: Call, rows: list[store.Row], key: str) -> dict[str, Any]:
    return page(rows, call.query["limit"], key=lambda row: [row[key]])
