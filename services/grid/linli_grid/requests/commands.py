"""Registering a request, reading its words, and the steps from state to state."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from uuid import UUID, uuid4

from linli_chassis.i18n import Text
from linli_contracts.events.grid.requests import (
    RequestLinked,
    RequestRegistered,
    RequestRejected,
    RequestRelocated,
    RequestResolvedOnSpot,
    RequestState,
    RequestVerified,
)
from linli_contracts.fields import coarse
from linli_contracts.identity import Actor
from linli_contracts.schema import EventData
from linli_kernel.errors import NotFound
from linli_kernel.tracking import digest_of, new_code

from linli_grid.errors import ConsentNotGiven
from linli_grid.files import must_be_files_of
from linli_grid.requests import tables
from linli_grid.requests.domain import (
    REGISTERED,
    STAFF,
    URGENT,
    Contact,
    LinkRequest,
    RegisterRequest,
    RejectRequest,
    RelocateRequest,
    Request,
    ResolveOnSpot,
    check_channel,
    check_link,
    is_urgent,
    priority_of,
    take,
)
from linli_grid.requests.queries import (
    RequestView,
    existing,
    find_handled,
    find_service,
    first_look,
    must_handle,
    unknown_code,
    view_of,
)
from linli_grid.settings import Uow
from linli_grid.staffing import worker_id_of
from linli_grid.territory import LOCATED, Placement, grid_exists, locate, point_of


@dataclass(frozen=True, kw_only=True)
class RegisteredRequest(Request):
    """A request that was registered, with the code for the resident and what to check.

    Staff are named the possible duplicates; of a resident `reported_before` is all that is said.
    """

    tracking_code: str
    grid_name: str | None
    neighbours: Sequence[str]
    possible_duplicates: Sequence[UUID]
    reported_before: bool
    warnings: Sequence[Text]


@dataclass(frozen=True, slots=True)
class ResidentWords:
    """What a resident said and how to reach them, and what the worker noted; all in clear."""

    request_id: UUID
    description: str | None
    contact: Contact | None
    note: str | None


def register_request(uow: Uow, actor: Actor, command: RegisterRequest) -> RegisteredRequest:
    """Take a resident's request in, find its grid, and give the code by which to follow it.

    Raises:
        UnknownCategory, Invalid, FarOutside: what was sent cannot be used.
        TooManyRequests: a resident's account registered as many in this hour as it may.
    """
    by_staff = not actor.roles.isdisjoint(STAFF)
    check_channel(command.channel, by_staff=by_staff)
    service = find_service(uow, command.category)
    request_id = uuid4()
    first = first_look(uow, actor, request_id, service, point_of(command))
    placement = locate(uow, command, first.version)
    must_be_files_of(uow, actor, command.photos, pointer="/photos")
    code = new_code()
    # The groups decide the priority and are then forgotten: what a resident is, is not on file.
    priority = priority_of(service.code, service.priority_for, command.groups, by_staff=by_staff)
    request = _new_request(uow, request_id, command, placement, priority, digest_of(code))
    tables.insert_request(uow.connection, request)
    uow.emit(RequestRegistered(**state_of(request).values))
    return RegisteredRequest(
        **vars(request),
        tracking_code=code,
        grid_name=placement.grid.name if placement.grid else None,
        neighbours=placement.neighbours,
        possible_duplicates=first.nearby,
        reported_before=first.reported_before,
        warnings=placement.warnings,
    )


def read_words(uow: Uow, actor: Actor, request_id: UUID) -> ResidentWords:
    """The resident's words and contact. Who calls this records who reads them, and why.

    Raises:
        NotFound: there is no such request.
        ForeignRegion, NotYours: it is for others to handle.
    """
    request = find_handled(uow, actor, request_id)
    contact = _decrypt(uow, request, request.contact)
    return ResidentWords(
        request_id=request_id,
        description=_decrypt(uow, request, request.description),
        contact=Contact(**json.loads(contact)) if contact else None,
        note=_decrypt(uow, request, request.note),
    )


def withdraw_consent(uow: Uow, code: str) -> None:
    """Erase the contact of the request with this tracking code; that it was given is kept.

    Raises:
        NotFound: no request has this code.
        ConsentNotGiven: the resident gave none.
    """
    request = tables.find_by_digest(uow.connection, digest_of(code))
    if request is None:
        raise unknown_code()
    if request.consent_at is None:
        raise ConsentNotGiven
    if request.consent_withdrawn_at is None:
        withdrawn = replace(request, contact=None, consent_withdrawn_at=uow.now, updated_at=uow.now)
        tables.update_request(uow.connection, withdrawn)


def forget_counts(uow: Uow) -> None:
    """Forget how many requests each account registered more than an hour ago."""
    tables.delete_counts(uow.connection, uow.now - timedelta(hours=1))


def verify(uow: Uow, actor: Actor, request_id: UUID) -> RequestView:
    """Find a request to be real: the service desk opens a case for it.

    What its resident called a danger is urgent from now on.
    """
    request = _take(uow, actor, request_id, "verify")
    request = replace(request, priority=URGENT) if is_urgent(request.category) else request
    event = RequestVerified(
        **state_of(request).values, tracking_digest=request.tracking_digest, recorded=None
    )
    return _store(uow, actor, request, event)


def reject(uow: Uow, actor: Actor, request_id: UUID, command: RejectRequest) -> RequestView:
    """Turn a request down, with the reason."""
    request = _take(uow, actor, request_id, "reject")
    request = replace(request, rejection_reason=command.reason)
    event = RequestRejected(request_id=request_id, reason=command.reason)
    return _store(uow, actor, request, event)


def resolve_on_spot(
    uow: Uow, actor: Actor, request_id: UUID, command: ResolveOnSpot
) -> RequestView:
    """Settle a request where it came up."""
    request = _take(uow, actor, request_id, "resolve_on_spot")
    request = replace(request, note=_encrypt(uow, request_id, command.note))
    worker_id = worker_id_of(uow.district, actor.account)
    event = RequestResolvedOnSpot(request_id=request_id, worker_id=worker_id)
    return _store(uow, actor, request, event)


def link(uow: Uow, actor: Actor, request_id: UUID, command: LinkRequest) -> RequestView:
    """Recognise a request as another report of one that is being worked on."""
    original_id = command.original_request_id
    original = tables.lock_requests(uow.connection, [request_id, original_id]).get(original_id)
    if original is None:
        raise NotFound(
            "There is no request {request}.",
            pointer="/original_request_id",
            request=str(original_id),
        )
    request = _take(uow, actor, request_id, "link")
    check_link(request, original, followed=tables.has_followers(uow.connection, request_id))
    request = replace(request, original_request_id=original_id)
    event = RequestLinked(request_id=request_id, original_request_id=original_id)
    return _store(uow, actor, request, event)


def relocate(uow: Uow, actor: Actor, request_id: UUID, command: RelocateRequest) -> RequestView:
    """Give a request to the grid it belongs to, which may be outside the caller's region."""
    grid_code = command.grid_code
    if not grid_exists(uow.connection, grid_code):
        raise NotFound("There is no grid {code}.", pointer="/grid_code", code=grid_code)
    request = _take(uow, actor, request_id, "relocate")
    request = replace(request, grid_code=grid_code, location_status=LOCATED)
    event = RequestRelocated(request_id=request_id, grid_code=grid_code)
    return _store(uow, actor, request, event)


def state_of(request: Request) -> RequestState:
    """The state of a request as events carry it; never words, contact or an exact place."""
    place = None
    if request.longitude is not None and request.latitude is not None:
        place = coarse(request.longitude, request.latitude)
    return RequestState(
        request_id=request.request_id,
        category=request.category,
        channel=request.channel,
        priority=request.priority,
        location_status=request.location_status,
        grid_code=request.grid_code,
        place=place,
        registered_at=request.registered_at,
    )


def _new_request(
    uow: Uow,
    request_id: UUID,
    command: RegisterRequest,
    placement: Placement,
    priority: str,
    digest: str,
) -> Request:
    contact = json.dumps(asdict(command.contact)) if command.contact else None
    consent_text = command.consent_text or uow.settings.consent_text
    return Request(
        request_id=request_id,
        category=command.category,
        channel=command.channel,
        priority=priority,
        status=REGISTERED,
        location_status=placement.location_status,
        grid_code=placement.grid_code,
        longitude=placement.longitude,
        latitude=placement.latitude,
        description=_encrypt(uow, request_id, command.description),
        contact=_encrypt(uow, request_id, contact) if contact else None,
        photos=[str(file_id) for file_id in command.photos],
        consent_at=uow.now if command.consent else None,
        consent_text=consent_text if command.consent else None,
        tracking_digest=digest,
        registered_at=uow.now,
        updated_at=uow.now,
    )


def _take(uow: Uow, actor: Actor, request_id: UUID, action: str) -> Request:
    """The request after an action, locked and not stored yet.

    Raises:
        NotFound: there is no such request.
        ForeignRegion, NotYours: it is for others to handle.
        TransitionRefused, RoleRefused: the table of transitions does not have it.
    """
    request = existing(tables.lock_requests(uow.connection, [request_id]).get(request_id))
    must_handle(actor, request)
    return take(request, action, actor.roles, uow.now)


def _store(uow: Uow, actor: Actor, request: Request, event: EventData) -> RequestView:
    """Store a changed request with its event; the request as the caller sees it then."""
    tables.update_request(uow.connection, request)
    uow.emit(event)
    return view_of(uow, actor, request)


def _encrypt(uow: Uow, request_id: UUID, text: str) -> str:
    return uow.keyring.encrypt(text, str(request_id))


def _decrypt(uow: Uow, request: Request, sealed: str | None) -> str | None:
    return uow.keyring.decrypt(sealed, str(request.request_id)) if sealed else None
