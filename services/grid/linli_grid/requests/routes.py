"""The routes of residents' requests."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from linli_chassis.http import (
    PUBLIC,
    BodySchema,
    FileResponse,
    Page,
    RequestContext,
    Scope,
    route,
)
from linli_chassis.process.timers import every
from linli_chassis.storage.files import FileContent

from linli_grid.requests import commands, queries, schemas
from linli_grid.requests.domain import (
    REQUEST_STATES,
    WORKERS,
    LinkRequest,
    RegisterRequest,
    RejectRequest,
    RelocateRequest,
    ResolveOnSpot,
)
from linli_grid.settings import Uow

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
        """Finds its grid, names neighbours, to staff possible duplicates; gives a tracking code."""
        return commands.register_request(context.uow, context.actor, context.input)

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
        "POST",
        "/tracking/<code>/withdraw-consent",
        roles=PUBLIC,
        scope=Scope.PUBLIC,
        response=schemas.TrackingResponse,
        summary="Withdraw the consent given with a request",
    )
    def withdraw_consent(self, context: RequestContext[None]) -> queries.TrackedRequest:
        """The contact is erased; when consent was given and withdrawn is kept."""
        commands.withdraw_consent(context.uow, context.path["code"])
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
        response=schemas.RequestDetailsResponse,
        summary="One request",
    )
    def get_request(self, context: RequestContext[None]) -> queries.RequestDetails:
        """Without the resident's words and contact."""
        return queries.get_request(context.uow, context.actor, context.path["request_id"])

    @route(
        "GET",
        f"{_REQUEST}/photos/<uuid:file_id>",
        roles=WORKERS,
        scope=Scope.REGION,
        response=FileResponse,
        summary="A photo or PDF of a request",
    )
    def get_photo(self, context: RequestContext[None]) -> FileContent:
        """As it was uploaded, without place and time of photos."""
        return queries.get_photo(context.uow, context.actor, **context.path)

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

    @every(seconds=3600)
    def forget_counts(self, uow: Uow) -> None:
        """How many requests an account registered matters for an hour."""
        commands.forget_counts(uow)
