"""The grid service: grids, their workers, and residents' requests up to the case. A table of
contents.
"""

from __future__ import annotations

from typing import Any

from linli_chassis.http import PUBLIC, RequestContext, page, route
from linli_chassis.messaging.subscriptions import subscribe
from linli_chassis.storage.unit_of_work import UnitOfWork
from linli_contracts.envelope import Event
from linli_contracts.events.organization.regions import RegionRegistered
from nameko.extensions import DependencyProvider

from linli_grid.domain import errors
from linli_grid.domain.requests import roles_of
from linli_grid.handlers import coverage, grids, history, regions, requests, work, workers
from linli_grid.handlers.answers import position
from linli_grid.locator import GridLocator
from linli_grid.schemas import grids as grid_schemas
from linli_grid.schemas import requests as schemas
from linli_grid.settings import GridSettings

WRITERS = ("operator",)
ASSIGNERS = ("dispatcher", "operator")
READERS = ("grid_worker", "dispatcher", "reviewer", "evaluator", "operator")
REGISTRARS = ("resident", "grid_worker", "dispatcher")
HANDLERS = ("grid_worker", "dispatcher")


class Locator(DependencyProvider):
    """Gives every worker of this process the one `GridLocator`, whose index lasts from call to
    call.
    """

    def setup(self) -> None:
        """Begin without an index; the first place that is looked for makes it."""
        self._locator = GridLocator()

    def get_dependency(self, worker_ctx: Any) -> GridLocator:  # noqa: ARG002
        """The locator of this process."""
        return self._locator


class GridService:
    """Grids, workers, and residents' requests up to the case."""

    name = "grid"
    settings = GridSettings
    problems = {
        errors.Invalid: 422,
        errors.NotFound: 404,
        errors.NotYours: 403,
        errors.Conflict: 409,
    }
    locator = Locator()

    # Grids

    @route(
        "POST",
        "/grids/import",
        roles=WRITERS,
        body=grid_schemas.GridImport,
        response=grid_schemas.GridImportAnswer,
        summary="Draw many grids",
    )
    def import_grids(self, call: RequestContext) -> Any:
        """Good items are taken, bad ones listed. Sending the same again changes nothing. Small
        flaws are repaired.
        """
        return grids.import_grids(
            call.uow, call.principal, call.body["items"], call.body["refused"]
        )

    @route(
        "GET",
        "/grids",
        roles=READERS,
        query=grid_schemas.GridQuery,
        response=grid_schemas.GridPage,
        summary="List grids",
    )
    def list_grids(self, call: RequestContext) -> Any:
        """Those of your region, by code."""
        after = position(call.query["after"], str)
        found = grids.list_grids(call.uow, call.principal, call.query, after)
        return page(found, call.query["limit"], key=lambda row: [row["grid_code"]])

    @route(
        "GET",
        "/grids/<grid_code>",
        roles=READERS,
        response=grid_schemas.GridAnswer,
        summary="One grid",
    )
    def get_grid(self, call: RequestContext) -> Any:
        """With its shape and its workers."""
        return grids.get_grid(call.uow, call.principal, call.path["grid_code"])

    @route(
        "PUT",
        "/boundaries/<community_code>",
        roles=WRITERS,
        body=grid_schemas.BoundaryBody,
        response=grid_schemas.BoundaryAnswer,
        summary="Set the boundary of a community",
    )
    def set_boundary(self, call: RequestContext) -> Any:
        """Its grids are compared with it in `/coverage`."""
        return grids.set_boundary(
            call.uow, call.principal, call.path["community_code"], call.body["geometry"]
        )

    @route(
        "GET",
        "/coverage",
        roles=READERS,
        query=grid_schemas.CoverageQuery,
        response=grid_schemas.CoverageAnswer,
        summary="Check that grids cover the ground once and are staffed",
    )
    def report_coverage(self, call: RequestContext) -> Any:
        """Overlaps, gaps, repaired drawings, and grids without a full-time worker."""
        return coverage.report_coverage(call.uow, call.principal, call.query["community_code"])

    # Workers

    @route(
        "PUT",
        "/grids/<grid_code>/workers/<uuid:worker_id>",
        roles=ASSIGNERS,
        body=grid_schemas.DutyBody,
        response=grid_schemas.StaffAnswer,
        summary="Give a worker a duty in a grid",
    )
    def assign_worker(self, call: RequestContext) -> Any:
        """Exactly one is full-time, one at most the deputy, any number part-time."""
        path = call.path
        return workers.assign_worker(
            call.uow, call.principal, path["grid_code"], path["worker_id"], call.body["duty"]
        )

    @route(
        "DELETE",
        "/grids/<grid_code>/workers/<uuid:worker_id>",
        roles=ASSIGNERS,
        response=grid_schemas.StaffAnswer,
        summary="Relieve a worker of the duty in a grid",
    )
    def relieve_worker(self, call: RequestContext) -> Any:
        """Without a full-time worker the grid falls to its deputy."""
        return workers.relieve_worker(
            call.uow, call.principal, call.path["grid_code"], call.path["worker_id"]
        )

    # Requests

    @route(
        "POST",
        "/requests",
        roles=REGISTRARS,
        body=schemas.RegisterBody,
        response=schemas.RegisteredAnswer,
        status=201,
        summary="Register a resident's request",
    )
    def register_request(self, call: RequestContext) -> Any:
        """Finds its grid, names neighbours and possible duplicates, and gives the code by which to
        follow it.
        """
        return requests.register_request(call.uow, self.locator, call.body)

    @route(
        "GET",
        "/tracking/<code>",
        roles=PUBLIC,
        response=schemas.TrackingAnswer,
        summary="Follow a request",
    )
    def follow_request(self, call: RequestContext) -> Any:
        """For whoever holds the tracking code, however it is typed; no personal data."""
        return requests.follow_request(call.uow, call.path["code"])

    @route(
        "GET",
        "/requests",
        roles=HANDLERS,
        query=schemas.RequestQuery,
        response=schemas.RequestPage,
        summary="List requests",
    )
    def list_requests(self, call: RequestContext) -> Any:
        """Those of your region, newest first; dispatchers of the district also see those outside
        every grid.
        """
        found = work.list_requests(call.uow, call.principal, call.query)
        return page(
            found, call.query["limit"], key=lambda row: [row["registered_at"], row["request_id"]]
        )

    @route(
        "GET",
        "/requests/<uuid:request_id>",
        roles=HANDLERS,
        response=schemas.RequestAnswer,
        summary="One request",
    )
    def get_request(self, call: RequestContext) -> Any:
        """Without the resident's words and contact."""
        return work.get_request(call.uow, call.principal, call.path["request_id"])

    @route(
        "GET",
        "/requests/<uuid:request_id>/contact",
        roles=HANDLERS,
        query=schemas.ContactQuery,
        response=schemas.ContactAnswer,
        summary="Read a resident's words and contact",
    )
    def read_contact(self, call: RequestContext) -> Any:
        """Who read them, when and why is kept."""
        return work.read_contact(
            call.uow, call.principal, call.path["request_id"], call.query["reason"]
        )

    @route(
        "POST",
        "/requests/<uuid:request_id>/verify",
        roles=roles_of("verify"),
        response=schemas.RequestAnswer,
        summary="Find a request to be real",
    )
    def verify_request(self, call: RequestContext) -> Any:
        """The service desk opens a case for it."""
        return work.verify(call.uow, call.principal, call.path["request_id"])

    @route(
        "POST",
        "/requests/<uuid:request_id>/reject",
        roles=roles_of("reject"),
        body=schemas.RejectBody,
        response=schemas.RequestAnswer,
        summary="Turn a request down",
    )
    def reject_request(self, call: RequestContext) -> Any:
        """With the reason, which the resident is told."""
        return work.reject(call.uow, call.principal, call.path["request_id"], call.body["reason"])

    @route(
        "POST",
        "/requests/<uuid:request_id>/resolve-on-spot",
        roles=roles_of("resolve_on_spot"),
        body=schemas.NoteBody,
        response=schemas.RequestAnswer,
        summary="Settle a request on the spot",
    )
    def resolve_request_on_spot(self, call: RequestContext) -> Any:
        """No case is needed."""
        return work.resolve_on_spot(
            call.uow, call.principal, call.path["request_id"], call.body["note"]
        )

    @route(
        "POST",
        "/requests/<uuid:request_id>/link",
        roles=roles_of("link"),
        body=schemas.LinkBody,
        response=schemas.RequestAnswer,
        summary="Link a request to another one of the same matter",
    )
    def link_request(self, call: RequestContext) -> Any:
        """It is kept, and follows the one that is being worked on."""
        return work.link(
            call.uow, call.principal, call.path["request_id"], call.body["original_request_id"]
        )

    @route(
        "POST",
        "/requests/<uuid:request_id>/relocate",
        roles=roles_of("relocate"),
        body=schemas.RelocateBody,
        response=schemas.RequestAnswer,
        summary="Give a request to the grid it belongs to",
    )
    def relocate_request(self, call: RequestContext) -> Any:
        """Also one outside every grid, or without a place."""
        return work.relocate(
            call.uow, call.principal, call.path["request_id"], call.body["grid_code"]
        )

    @route(
        "POST",
        "/requests/import",
        roles=WRITERS,
        body=schemas.HistoryImport,
        response=schemas.HistoryImportAnswer,
        summary="Bring in the requests of an older system",
    )
    def import_requests(self, call: RequestContext) -> Any:
        """With the times they had there. Sending the same again adds nothing."""
        return history.import_requests(call.uow, call.principal, self.locator, call.body)

    # Events

    @subscribe(RegionRegistered)
    def on_region_registered(self, uow: UnitOfWork, events: list[Event]) -> None:
        """Know the communities that grids may belong to."""
        regions.keep_regions(uow, events)
