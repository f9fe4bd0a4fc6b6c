"""Requests as workers and dispatchers see them within their region, and residents by their code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from linli_chassis.http import Page, PageRequest, fetch_page
from linli_chassis.storage.records import equal_to
from linli_contracts.identity import Actor
from linli_contracts.service_catalogue import ServiceItem, services_of
from linli_kernel.errors import NotFound
from linli_kernel.tracking import digest_of

from linli_grid.errors import NotYours, UnknownCategory
from linli_grid.requests import tables
from linli_grid.requests.domain import OPEN, OPEN_OUTCOME, REQUEST_STATES, Request
from linli_grid.requests.tables import request as table
from linli_grid.settings import Uow
from linli_grid.staffing import staff_of
from linli_grid.territory import metres_per_degree

MAX_DUPLICATES = 20
"""How many possible duplicates are named: as many as a grid worker looks through."""

_DISTRICT_WIDE = frozenset({"dispatcher", "admin"})
"""The roles that handle requests outside every grid."""


_EAST_M = (table.c.longitude - sa.bindparam("longitude")) * sa.bindparam("metres_east")
_NORTH_M = (table.c.latitude - sa.bindparam("latitude")) * sa.bindparam("metres_north")
_OPEN_NEARBY = (
    sa.select(table.c.request_id)
    .where(
        table.c.category == sa.bindparam("category"),
        table.c.registered_at.between(sa.bindparam("since"), sa.bindparam("until")),
        sa.func.sqrt(_EAST_M * _EAST_M + _NORTH_M * _NORTH_M) <= sa.bindparam("radius_m"),
        table.c.status.in_(OPEN),
        sa.func.coalesce(table.c.recorded_outcome, OPEN_OUTCOME) == OPEN_OUTCOME,
    )
    .order_by(table.c.registered_at, table.c.request_id)
    .limit(MAX_DUPLICATES)
)
"""Built once: for what every registration runs, building costs more than running."""


@dataclass(frozen=True, kw_only=True)
class ListRequests(PageRequest):
    """List the requests that match what is given."""

    status: str | None
    grid_code: str | None
    location_status: str | None
    category: str | None


@dataclass(frozen=True, kw_only=True)
class RequestView(Request):
    """A request as those who handle it see it, with what the caller may do now."""

    category_name: ServiceItem | None
    responsible_worker_id: UUID | None
    actions: Sequence[str]


@dataclass(frozen=True, slots=True)
class TrackedRequest:
    """What the holder of a tracking code may see; never the place, the words or the contact."""

    request_id: UUID
    status: str
    category: str
    category_name: ServiceItem | None
    registered_at: datetime
    updated_at: datetime


def list_requests(uow: Uow, actor: Actor, query: ListRequests) -> Page[RequestView]:
    """Requests that the caller may handle, newest first."""
    wanted = equal_to(
        table,
        status=query.status,
        category=query.category,
        location_status=query.location_status,
    )
    select = sa.select(table).where(_within_reach(actor), *wanted)
    if query.grid_code:
        select = select.where(table.c.grid_code.startswith(query.grid_code, autoescape=True))
    newest = (table.c.registered_at, table.c.request_id)
    requests = fetch_page(uow.connection, select, Request, query, *newest, newest_first=True)
    return Page(_views(uow, actor, requests.items), requests.next)


def get_request(uow: Uow, actor: Actor, request_id: UUID) -> RequestView:
    """One request without the resident's words and contact.

    Raises:
        NotFound: there is no such request.
        ForeignRegion, NotYours: it is for others to handle.
    """
    request = existing(tables.find_request(uow.connection, request_id))
    must_handle(actor, request)
    return view_of(uow, actor, request)


def follow_request(uow: Uow, code: str) -> TrackedRequest:
    """What the holder of a tracking code may know: how far it is, and when.

    Raises:
        NotFound: no request has this code.
    """
    names = ("request_id", "status", "category", "registered_at", "updated_at")
    select = sa.select(*(table.c[name] for name in names))
    row = uow.connection.execute(select.where(table.c.tracking_digest == digest_of(code))).first()
    if row is None:
        raise NotFound("No request has this tracking code.")
    return TrackedRequest(**row._mapping, category_name=_services(uow).get(row.category))


def find_service(uow: Uow, category: str) -> ServiceItem:
    """The entry of the service catalogue. Raises `UnknownCategory`."""
    service = _services(uow).get(category)
    if service is None:
        raise UnknownCategory(category=category)
    return service


def find_duplicates(uow: Uow, category: str, point: tuple[float, float] | None) -> Sequence[UUID]:
    """Open requests of the same category, near in place and time, oldest first."""
    if point is None:
        return ()
    around = timedelta(hours=uow.settings.duplicate_hours)
    metres_east, metres_north = metres_per_degree(point[1])
    parameters = {
        "category": category,
        "since": uow.now - around,
        "until": uow.now + around,
        "longitude": point[0],
        "latitude": point[1],
        "metres_east": metres_east,
        "metres_north": metres_north,
        "radius_m": uow.settings.duplicate_radius_m,
    }
    return uow.connection.scalars(_OPEN_NEARBY, parameters).all()


def existing(request: Request | None) -> Request:
    """The request that was looked for. Raises `NotFound` without one."""
    if request is None:
        raise NotFound("There is no such request.")
    return request


def must_handle(actor: Actor, request: Request) -> None:
    """Raise unless it is the caller's to handle.

    A request in a grid is for those whose region covers it; one in none is for the dispatcher of
    the district.
    """
    actor.must_cover(request.grid_code)
    if request.grid_code is None and actor.roles.isdisjoint(_DISTRICT_WIDE):
        raise NotYours("A request outside every grid is for the dispatcher of the district.")


def view_of(uow: Uow, actor: Actor, request: Request) -> RequestView:
    """A request as the caller sees it."""
    return _views(uow, actor, [request])[0]


def _views(uow: Uow, actor: Actor, requests: Sequence[Request]) -> list[RequestView]:
    grids = {request.grid_code for request in requests if request.grid_code}
    staff = staff_of(uow.connection, grids)
    responsible = {code: staff[code].responsible_worker_id for code in grids}
    return [
        RequestView(
            **vars(request),
            category_name=_services(uow).get(request.category),
            responsible_worker_id=responsible.get(request.grid_code or ""),
            actions=sorted(REQUEST_STATES.possible(request, None, actor.roles)),
        )
        for request in requests
    ]


def _within_reach(actor: Actor) -> sa.ColumnElement[bool]:
    """The rule of `must_handle` for many rows."""
    covered = table.c.grid_code.startswith(actor.region, autoescape=True)
    if actor.covers(None) and not actor.roles.isdisjoint(_DISTRICT_WIDE):
        return covered | table.c.grid_code.is_(None)
    return covered


def _services(uow: Uow) -> dict[str, ServiceItem]:
    return services_of(uow.settings.services_file)
