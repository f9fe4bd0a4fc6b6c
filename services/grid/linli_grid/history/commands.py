"""Bringing the requests of an older system in, with the times they had there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from uuid import UUID

from linli_chassis.http.imports import Batch, ImportResult
from linli_contracts.events.grid.requests import RequestRegistered, RequestVerified
from linli_contracts.identity import Actor
from linli_kernel.errors import Invalid
from linli_kernel.tracking import digest_of_nobody

from linli_grid.history.domain import HistoricRequest, check_times, history_id
from linli_grid.requests import (
    VERIFIED,
    Request,
    find_service,
    insert_imported,
    priority_of,
    state_of,
)
from linli_grid.settings import Uow
from linli_grid.territory import Placement, locate_all


@dataclass(frozen=True, slots=True)
class ImportHistory:
    """Bring in requests of one older system, each judged alone."""

    source: str
    items: Batch[HistoricRequest]


@dataclass(frozen=True, slots=True)
class ImportedRequest:
    """A request as it is stored here, and as the older system had it."""

    request: Request
    item: HistoricRequest


def import_requests(uow: Uow, actor: Actor, command: ImportHistory) -> ImportResult:
    """Store those that are new and publish them with their own times; repeating adds nothing."""
    actor.must_cover(uow.district)
    items = command.items.items
    placements = dict(zip(items, locate_all(uow, items), strict=True))
    batch = command.items.map(partial(_imported, uow, command.source, placements))
    first: dict[UUID, ImportedRequest] = {}
    for imported in batch.items:  # given twice in one batch, it is published once
        first.setdefault(imported.request.request_id, imported)
    new = insert_imported(uow.connection, [imported.request for imported in first.values()])
    for request_id, imported in first.items():
        if request_id in new:
            _emit(uow, imported)
    return batch.result(len(new))


def _imported(
    uow: Uow,
    source: str,
    placements: dict[HistoricRequest, Placement | Invalid],
    item: HistoricRequest,
) -> ImportedRequest:
    """What is stored of an item. Raises `Invalid`."""
    placement = placements[item]
    if isinstance(placement, Invalid):
        raise placement
    service = find_service(uow, item.category)
    check_times(item, uow.now)
    request = Request(
        request_id=history_id(uow.district, source, item.external_ref),
        source=source,
        external_ref=item.external_ref,
        category=service.code,
        channel=item.channel,
        priority=priority_of(service.code, service.priority_for, groups=()),
        status=VERIFIED,
        location_status=placement.location_status,
        grid_code=placement.grid_code,
        longitude=placement.longitude,
        latitude=placement.latitude,
        tracking_digest=digest_of_nobody(),
        recorded_outcome=item.outcome,
        registered_at=item.registered_at,
        updated_at=uow.now,
    )
    return ImportedRequest(request, item)


def _emit(uow: Uow, imported: ImportedRequest) -> None:
    request, item = imported.request, imported.item
    state = state_of(request).values
    recorded = {"outcome": item.outcome, "ended_at": item.ended_at, "reason": item.reason}
    uow.emit(RequestRegistered(**state), time=request.registered_at)
    uow.emit(
        RequestVerified(**state, tracking_digest=request.tracking_digest, recorded=recorded),
        time=request.registered_at,
    )
