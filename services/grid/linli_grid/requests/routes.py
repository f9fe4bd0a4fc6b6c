"""The routes of residents' requests."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from linli_chassis.http import PUBLIC, BodySchema, Page, RequestContext, Scope, route

from linli_grid.requests import commands, queries, schemas
from linli_grid.requests.domain import (
    REQUEST_STATES,
    WORKERS,
    LinkRequest,
    ReadContact,
    RegisterRequest,
    RejectRequest,
    RelocateRequest,
    ResolveOnSpot,
)

REGISTRARS = ("resident", *WORKERS)
_REQUEST = "/requests/<uuid:request_id>"
_Method = TypeVar("_Method", bound=Callable[..., queries.RequestView])


def _step_route(
    action: str, summary: str, body: type[BodySchema] | None = None
) -> Callable[[_Method], _Method]:
    """`POST /requests/<request_id>/<action>`. Who may is said by the table of transitions."""
    return route(
        "POST",
        f"{_REQUEST}/{action.replace('_', '-')}",
        roles=REQUEST_STATES.roles_of(action),
        scope=Scope.REGION,
        body=body,
        response=schemas.RequestResponse,
        summary=summary,
    )


class Requests:
    """Residents' requests up to the case."""

    @route(
        "POST",
        "/requests",
        roles=REGISTRARS,
        scope=Scope.DISTRICT,
        body=schemas.RegisterBody,
        response=schemas.RegisteredResponse,
        status=201,
        summary="Register a resident's request",
    )
    def register_request(
        self, context: RequestContext[RegisterRequest]
    ) -> commands.RegisteredRequest:
        """Finds its grid, names neighbours and possible duplicates, and gives a tracking code."""
        return commands.register_request(context.uow, context.input)

    @route(
        "GET",
        "/tracking/<code>",
        roles=PUBLIC,
        scope=Scope.PUBLIC,
        response=schemas.TrackingResponse,
        summary="Follow a request",
    )
    def follow_request(self, context: RequestContext[None]) -> queries.TrackedRequest:
        """For whoever holds the tracking code, however it is typed; no personal data."""
        return queries.follow_request(context.uow, context.path["code"])

    @route(
        "GET",
        "/requests",
        roles=WORKERS,
        scope=Scope.REGION,
        query=schemas.RequestQuery,
        response=schemas.RequestPage,
        summary="List requests",
    )
    def list_requests(
        self, context: RequestContext[queries.ListRequests]
    ) -> Page[queries.RequestView]:
        """Those of your region, newest first; district dispatchers see those outside grids too."""
        return queries.list_requests(context.uow, context.actor, context.input)

    @route(
        "GET",
        _REQUEST,
        roles=WORKERS,
        scope=Scope.REGION,
        response=schemas.RequestResponse,
        summary="One request",
    )
    def get_request(self, context: RequestContext[None]) -> queries.RequestView:
        """Without the resident's words and contact."""
        return queries.get_request(context.uow, context.actor, context.path["request_id"])

    @route(
        "GET",
        f"{_REQUEST}/contact",
        roles=WORKERS,
        scope=Scope.REGION,
        query=schemas.ContactQuery,
        response=schemas.ContactResponse,
        summary="Read a resident's words and contact",
    )
    def read_contact(self, context: RequestContext[ReadContact]) -> commands.ResidentWords:
        """Who read them, when and why is kept."""
        request_id = context.path["request_id"]
        return commands.read_contact(context.uow, context.actor, request_id, context.input)

    @_step_route("verify", "Find a request to be real")
    def verify_request(self, context: RequestContext[None]) -> queries.RequestView:
        """The service desk opens a case for it."""
        return commands.verify(context.uow, context.actor, context.path["request_id"])

    @_step_route("reject", "Turn a request down", schemas.RejectBody)
    def reject_request(self, context: RequestContext[RejectRequest]) -> queries.RequestView:
        """With the reason, for the resident."""
        request_id = context.path["request_id"]
        return commands.reject(context.uow, context.actor, request_id, context.input)

    @_step_route("resolve_on_spot", "Settle a request on the spot", schemas.NoteBody)
    def resolve_request_on_spot(
        self, context: RequestContext[ResolveOnSpot]
    ) -> queries.RequestView:
        """No case is needed."""
        request_id = context.path["request_id"]
        return commands.resolve_on_spot(context.uow, context.actor, request_id, context.input)

    @_step_route("link", "Link a request to another one of the same matter", schemas.LinkBody)
    def link_request(self, context: RequestContext[LinkRequest]) -> queries.RequestView:
        """It is kept, and follows the one that is being worked on."""
        request_id = context.path["request_id"]
        return commands.link(context.uow, context.actor, request_id, context.input)

    @_step_route("relocate", "Give a request to the grid it belongs to", schemas.RelocateBody)
    def relocate_request(self, context: RequestContext[RelocateRequest]) -> queries.RequestView:
        """Also one outside every grid, or without a place."""
        request_id = context.path["request_id"]
        return commands.relocate(context.uow, context.actor, request_id, context.input)
