"""Requests as workers and dispatchers see them within their region, and residents by their code."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from linli_chassis.http import Page, PageRequest, fetch_page
from linli_chassis.storage.crypto import account_digest
from linli_chassis.storage.files import FileContent
from linli_chassis.storage.records import equal_to
from linli_contracts.fields import coarse
from linli_contracts.identity import Actor
from linli_contracts.service_catalogue import ServiceItem, services_of
from linli_kernel.errors import NotFound
from linli_kernel.tracking import digest_of
from sqlalchemy.dialects import postgresql as pg

from linli_grid.errors import NotYours, TooManyRequests, UnknownCategory
from linli_grid.files import open_file
from linli_grid.requests import tables
from linli_grid.requests.domain import OPEN, OPEN_OUTCOME, REQUEST_STATES, STAFF, Request
from linli_grid.requests.tables import request as table
from linli_grid.settings import Uow
from linli_grid.staffing import staff_of
from linli_grid.territory import VERSION, Point, metres_per_degree

MAX_DUPLICATES = 20
"""How many possible duplicates are named: as many as a grid worker looks through."""

_DISTRICT_WIDE = frozenset({"dispatcher", "admin"})
"""The roles that handle requests outside every grid."""


_HOUR = timedelta(hours=1)

_EAST_M = (table.c.longitude - sa.bindparam("longitude")) * sa.bindparam("metres_east")
_NORTH_M = (table.c.latitude - sa.bindparam("latitude")) * sa.bindparam("metres_north")
_OPEN_ALIKE = sa.and_(
    table.c.request_id != sa.bindparam("request_id"),
    table.c.category == sa.bindparam("category"),
    table.c.registered_at.between(sa.bindparam("since"), sa.bindparam("until")),
    table.c.status.in_(OPEN),
    sa.func.coalesce(table.c.recorded_outcome, OPEN_OUTCOME) == OPEN_OUTCOME,
)
_NEARBY = (
    sa.select(table.c.request_id.cast(sa.Text))
    .where(
        _OPEN_ALIKE,
        sa.func.sqrt(_EAST_M * _EAST_M + _NORTH_M * _NORTH_M) <= sa.bindparam("radius_m"),
        table.c.grid_code.like(sa.bindparam("region"))
        | (table.c.grid_code.is_(None) & sa.bindparam("whole_district")),
    )
    .order_by(table.c.registered_at, table.c.request_id)
    .limit(MAX_DUPLICATES)
)
# As coarse as events: a sharp radius would let whoever registers often enough measure a home.
_SAME_CELL = (
    sa.select(table.c.request_id)
    .where(
        _OPEN_ALIKE,
        sa.func.round(table.c.longitude.cast(sa.Numeric), 3) == sa.bindparam("cell_longitude"),
        sa.func.round(table.c.latitude.cast(sa.Numeric), 3) == sa.bindparam("cell_latitude"),
    )
    .exists()
)
_NAMED = sa.func.array(_NEARBY.scalar_subquery(), type_=pg.ARRAY(sa.Text)).label("nearby")
_COUNT = tables.COUNTED.c.registrations, tables.COUNTED.c.began_at
_VERSION = VERSION.label("version")
_FOR_STAFF, _FOR_STAFF_NEARBY = sa.select(_VERSION), sa.select(_VERSION, _NAMED)
_FOR_RESIDENT = sa.select(_VERSION, *_COUNT)
_FOR_RESIDENT_NEARBY = sa.select(_VERSION, *_COUNT, _SAME_CELL.label("reported_before"))
"""What a registration reads, in one statement: each is built once, and a round trip is dear."""


@dataclass(frozen=True, slots=True)
class FirstLook:
    """The version of the grids, and what is known that may be the same as a new request."""

    version: UUID
    nearby: Sequence[UUID] = ()
    reported_before: bool = False


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


@dataclass(frozen=True, kw_only=True)
class RequestDetails(RequestView):
    """A request with those that may be the same."""

    possible_duplicates: Sequence[UUID]


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


def get_request(uow: Uow, actor: Actor, request_id: UUID) -> RequestDetails:
    """One request without the resident's words and contact, with its possible duplicates.

    Raises:
        NotFound: there is no such request.
        ForeignRegion, NotYours: it is for others to handle.
    """
    request = find_handled(uow, actor, request_id)
    duplicates = find_duplicates(uow, actor, request)
    return RequestDetails(**vars(view_of(uow, actor, request)), possible_duplicates=duplicates)


def get_photo(uow: Uow, actor: Actor, request_id: UUID, file_id: UUID) -> FileContent:
    """A file of a request.

    Raises:
        NotFound: there is no such request, or it has no such file.
        ForeignRegion, NotYours: it is for others to handle.
    """
    request = find_handled(uow, actor, request_id)
    if str(file_id) not in (request.photos or ()):
        raise NotFound("There is no such file.")
    return open_file(uow, file_id)


def find_handled(uow: Uow, actor: Actor, request_id: UUID) -> Request:
    """A request that is the caller's to handle.

    Raises:
        NotFound: there is no such request.
        ForeignRegion, NotYours: it is for others to handle.
    """
    request = existing(tables.find_request(uow.connection, request_id))
    must_handle(actor, request)
    return request


def follow_request(uow: Uow, code: str) -> TrackedRequest:
    """What the holder of a tracking code may know: how far it is, and when.

    Raises:
        NotFound: no request has this code.
    """
    names = ("request_id", "status", "category", "registered_at", "updated_at")
    select = sa.select(*(table.c[name] for name in names))
    row = uow.connection.execute(select.where(table.c.tracking_digest == digest_of(code))).first()
    if row is None:
        raise unknown_code()
    return TrackedRequest(**row._mapping, category_name=_services(uow).get(row.category))


def unknown_code() -> NotFound:
    """The refusal of a tracking code that no request has."""
    return NotFound("No request has this tracking code.")


def find_service(uow: Uow, category: str) -> ServiceItem:
    """The entry of the service catalogue. Raises `UnknownCategory`."""
    service = _services(uow).get(category)
    if service is None:
        raise UnknownCategory(category=category)
    return service


def first_look(
    uow: Uow, actor: Actor, request_id: UUID, service: ServiceItem, point: Point | None
) -> FirstLook:
    """What registering has to know, by one statement; it counts the requests of a resident.

    Staff are named the possible duplicates that they handle. A resident hears no more than whether
    one of what anybody can see was reported in the same cell of 0.001 degrees.

    Raises:
        TooManyRequests: a resident's account registered as many in this hour as it may.
    """
    by_staff = not actor.roles.isdisjoint(STAFF)
    alike = _alike(uow, actor, request_id, service.code, uow.now, point) if point else {}
    if by_staff:
        row = uow.connection.execute(_FOR_STAFF_NEARBY if alike else _FOR_STAFF, alike).one()
        return FirstLook(row.version, _ids(row.nearby) if alike else ())
    seen = bool(alike) and service.public_space
    counting = {
        "account_digest": account_digest(uow.district, actor.account),
        "now": uow.now,
        "expired_at": uow.now - _HOUR,
    }
    statement = _FOR_RESIDENT_NEARBY if seen else _FOR_RESIDENT
    row = uow.connection.execute(statement, {**counting, **(alike if seen else {})}).one()
    most = uow.settings.registrations_per_hour
    if row.registrations > most:
        raise TooManyRequests(most=most, until=row.began_at + _HOUR, now=uow.now)
    return FirstLook(row.version, reported_before=seen and row.reported_before)


def find_duplicates(uow: Uow, actor: Actor, request: Request) -> Sequence[UUID]:
    """Open requests of the same category, near in place and time, oldest first."""
    if request.longitude is None or request.latitude is None:
        return ()
    point = (request.longitude, request.latitude)
    alike = _alike(uow, actor, request.request_id, request.category, request.registered_at, point)
    return _ids(uow.connection.scalars(_NEARBY, alike))


def _alike(
    uow: Uow, actor: Actor, request_id: UUID, category: str, at: datetime, point: Point
) -> dict[str, object]:
    """The parameters of the searches for requests that may be the same."""
    around = timedelta(hours=uow.settings.duplicate_hours)
    metres_east, metres_north = metres_per_degree(point[1])
    cell = coarse(*point)
    return {
        "request_id": request_id,
        "category": category,
        "since": at - around,
        "until": at + around,
        "longitude": point[0],
        "latitude": point[1],
        "metres_east": metres_east,
        "metres_north": metres_north,
        "radius_m": uow.settings.duplicate_radius_m,
        "cell_longitude": cell["longitude"],
        "cell_latitude": cell["latitude"],
        "region": f"{actor.region}%",
        "whole_district": _handles_outside(actor),
    }


def _ids(texts: Iterable[str]) -> list[UUID]:
    return [UUID(text) for text in texts]


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
    return covered | table.c.grid_code.is_(None) if _handles_outside(actor) else covered


def _handles_outside(actor: Actor) -> bool:
    """Whether requests in no grid are the caller's to handle."""
    return actor.covers(None) and not actor.roles.isdisjoint(_DISTRICT_WIDE)


def requests_within(actor: Actor) -> sa.Select[tuple[UUID]]:
    """The ids of the requests that the caller handles, as a subquery for other features."""
    return sa.select(table.c.request_id).where(_within_reach(actor))


def _services(uow: Uow) -> dict[str, ServiceItem]:
    return services_of(uow.settings.services_file)
