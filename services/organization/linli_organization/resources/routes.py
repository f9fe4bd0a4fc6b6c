"""The routes of resources."""

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

from linli_organization.resources import commands, queries, schemas
from linli_organization.resources.domain import Offer, OfferResource, Resource, Withdrawal
from linli_organization.resources.queries import ListResources
from linli_organization.roles import READERS, WRITERS


class Resources:
    """Offering, changing, withdrawing, listing and showing resources."""

    @route(
        "POST",
        "/resources/import",
        roles=WRITERS,
        scope=Scope.REGION,
        body=ImportBody(schemas.ResourceItem),
        response=ImportResponse,
        summary="Offer resources",
    )
    def import_resources(self, context: RequestContext[Batch[OfferResource]]) -> ImportResult:
        """Offer resources, or change what is offered."""
        return commands.offer_resources(context.uow, context.actor, context.input)

    @route(
        "POST",
        "/resources",
        roles=WRITERS,
        scope=Scope.REGION,
        body=schemas.ResourceItem,
        response=schemas.Resource,
        status=201,
        summary="Offer a resource",
    )
    def offer_resource(self, context: RequestContext[OfferResource]) -> Resource:
        """Offer one resource, or change what it offers."""
        return commands.offer_resource(context.uow, context.actor, context.input)

    @route(
        "GET",
        "/resources",
        roles=READERS,
        scope=Scope.DISTRICT,
        query=schemas.ResourceQuery,
        response=page_of(schemas.Resource),
        summary="List resources",
    )
    def list_resources(self, context: RequestContext[ListResources]) -> Page[Resource]:
        """Resources in the order of their references."""
        return queries.list_resources(context.uow, context.input)

    @route(
        "GET",
        "/resources/<uuid:resource_id>",
        roles=READERS,
        scope=Scope.DISTRICT,
        response=schemas.Resource,
        summary="Show a resource",
    )
    def show_resource(self, context: RequestContext[object]) -> Resource:
        """One resource."""
        return queries.find_resource(context.uow, context.path["resource_id"])

    @route(
        "PUT",
        "/resources/<uuid:resource_id>",
        roles=(*WRITERS, "provider"),
        scope=Scope.REGION_OR_UNIT,
        body=schemas.Offer,
        response=schemas.Resource,
        summary="Change a resource",
    )
    def change_resource(self, context: RequestContext[Offer]) -> Resource:
        """Change what a resource offers; providers may change those of their own unit."""
        resource_id = context.path["resource_id"]
        return commands.change_resource(context.uow, context.actor, resource_id, context.input)

    @route(
        "POST",
        "/resources/<uuid:resource_id>/withdraw",
        roles=(*WRITERS, "provider"),
        scope=Scope.REGION_OR_UNIT,
        body=schemas.Withdrawal,
        response=schemas.Resource,
        summary="Withdraw a resource",
    )
    def withdraw_resource(self, context: RequestContext[Withdrawal]) -> Resource:
        """Withdraw a resource; providers may withdraw those of their own unit."""
        resource_id = context.path["resource_id"]
        return commands.withdraw_resource(context.uow, context.actor, resource_id, context.input)
