"""The routes of residents' words and contacts, and of who read them."""

from __future__ import annotations

from linli_chassis.http import Page, RequestContext, Scope, route

from linli_grid.contacts import commands, queries, schemas
from linli_grid.contacts.domain import Access, ReadContact
from linli_grid.requests import WORKERS, ResidentWords

WATCHERS = ("admin",)


class Contacts:
    """Residents' words and contacts."""

    # A POST, for it writes, and because a reason in an address ends in the log of every proxy.
    @route(
        "POST",
        "/requests/<uuid:request_id>/contact",
        roles=WORKERS,
        scope=Scope.REGION,
        body=schemas.ReadContactBody,
        response=schemas.ContactResponse,
        summary="Read a resident's words and contact",
    )
    def read_contact(self, context: RequestContext[ReadContact]) -> ResidentWords:
        """Who read them, when and why is kept."""
        request_id = context.path["request_id"]
        return commands.read_contact(context.uow, context.actor, request_id, context.input)

    @route(
        "GET",
        "/contact-accesses",
        roles=WATCHERS,
        scope=Scope.REGION,
        query=schemas.AccessQuery,
        response=schemas.AccessPage,
        summary="List who read contacts",
    )
    def list_accesses(self, context: RequestContext[queries.ListAccesses]) -> Page[Access]:
        """Those of requests in your region, newest first."""
        return queries.list_accesses(context.uow, context.actor, context.input)
