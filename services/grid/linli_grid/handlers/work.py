"""What workers and dispatchers do with a request: read it, read its contact, and take it along its
way.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from linli_chassis.storage.unit_of_work import UnitOfWork
from linli_contracts.events.grid.requests import (
    RequestLinked,
    RequestRejected,
    RequestRelocated,
    RequestResolvedOnSpot,
    RequestVerified,
)

from linli_grid.domain.errors import NotFound, NotYours
from linli_grid.domain.requests import LOCATED, TRANSITIONS, actions_from, check_link, decide
from linli_grid.domain.workers import responsible, worker_id_of
from linli_grid.handlers.answers import position
from linli_grid.handlers.requests import service_name, state_of
from linli_grid.store import grids as grid_store
from linli_grid.store import requests as store
from linli_grid.store.tables import request

_DISTRICT_WIDE = frozenset({"dispatcher", "admin"})


def list_requests(
    uow: UnitOfWork, principal: Any, query: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Requests that the caller may handle, newest first; one more than the limit, if there is one."""
    where = [
        request.c[name] == query[name]
        for name in ("status", "category", "location_status")
        if query[name]
    ]
    if query["grid_code"]:
        where.append(request.c.grid_code.startswith(query["grid_code"], autoescape=True))
    where.append(_within_reach(uow, principal))
    after = position(query["after"], datetime.fromisoformat, UUID)
    rows = store.list_requests(uow.connection, where, after, query["limit"] + 1)
    return _shown(uow, principal, rows)


def get_request(uow: UnitOfWork, principal: Any, request_id: UUID) -> dict[str, Any]:
    """One request without the resident's words and contact."""
    row = _found(store.find_request(uow.connection, request_id))
    _must_handle(uow, principal, row)
    return _shown(uow, principal, [row])[0]


def read_contact(uow: UnitOfWork, principal: Any, request_id: UUID, reason: str) -> dict[str, Any]:
    """The resident's words and contact; that they were read, by whom and why is kept in the same
    transaction.
    """
    row = _found(store.find_request(uow.connection, request_id))
    _must_handle(uow, principal, row)
    access = {
        "request_id": request_id,
        "account": principal.account,
        "reason": reason,
        "accessed_at": uow.now,
    }
    store.record_access(uow.connection, access)
    plain = {
        name: uow.keyring.decrypt(row[name], str(request_id)) if row[name] else None
        for name in ("description", "contact", "note")
    }
    contact = json.loads(plain["contact"]) if plain["contact"] else None
    return {"request_id": request_id, **plain, "contact": contact}


def verify(uow: UnitOfWork, principal: Any, request_id: UUID) -> dict[str, Any]:
    """Find a request to be real: the service desk opens a case for it."""
    row = _step(uow, principal, request_id, "verify", {})
    told = {**state_of(row), "tracking_digest": row["tracking_digest"], "recorded": None}
    uow.emit(RequestVerified, request_id, told)
    return _shown(uow, principal, [row])[0]


def reject(uow: UnitOfWork, principal: Any, request_id: UUID, reason: str) -> dict[str, Any]:
    """Turn a request down, saying why."""
    row = _step(uow, principal, request_id, "reject", {"rejection_reason": reason})
    uow.emit(RequestRejected, request_id, {"request_id": request_id, "reason": reason})
    return _shown(uow, principal, [row])[0]


def resolve_on_spot(uow: UnitOfWork, principal: Any, request_id: UUID, note: str) -> dict[str, Any]:
    """Settle a request where it came up."""
    sealed = uow.keyring.encrypt(note, str(request_id))
    row = _step(uow, principal, request_id, "resolve_on_spot", {"note": sealed})
    worker_id = worker_id_of(uow.district, principal.account)
    uow.emit(RequestResolvedOnSpot, request_id, {"request_id": request_id, "worker_id": worker_id})
    return _shown(uow, principal, [row])[0]


def link(uow: UnitOfWork, principal: Any, request_id: UUID, original_id: UUID) -> dict[str, Any]:
    """Recognise a request as another report of one that is being worked on."""
    locked = store.lock_requests(uow.connection, [request_id, original_id])
    original = locked.get(original_id)
    if original is None:
        raise NotFound(
            "There is no request {request}.",
            pointer="/original_request_id",
            request=str(original_id),
        )
    row = _step(uow, principal, request_id, "link", {"original_request_id": original_id})
    outcome = original["recorded_outcome"] or "open"
    status = original["status"] if outcome == "open" else outcome
    followed = store.has_followers(uow.connection, request_id)
    check_link(request_id, original_id, status, original["original_request_id"], followed=followed)
    uow.emit(
        RequestLinked, request_id, {"request_id": request_id, "original_request_id": original_id}
    )
    return _shown(uow, principal, [row])[0]


def relocate(uow: UnitOfWork, principal: Any, request_id: UUID, grid_code: str) -> dict[str, Any]:
    """Give a request to the grid it belongs to, which may be outside the caller's region."""
    if grid_store.find_grid(uow.connection, grid_code) is None:
        raise NotFound("There is no grid {code}.", pointer="/grid_code", code=grid_code)
    row = _step(
        uow, principal, request_id, "relocate", {"grid_code": grid_code, "location_status": LOCATED}
    )
    uow.emit(RequestRelocated, request_id, {"request_id": request_id, "grid_code": grid_code})
    return _shown(uow, principal, [row])[0]


def _step(
    uow: UnitOfWork, principal: Any, request_id: UUID, action: str, changes: Mapping[str, Any]
) -> dict[str, Any]:
    """Take a request one step along the table of transitions; the row as it is afterwards."""
    row = _found(store.lock_requests(uow.connection, [request_id]).get(request_id))
    _must_handle(uow, principal, row)
    changed = {**changes, "status": decide(row["status"], action).to, "updated_at": uow.now}
    store.update_request(uow.connection, request_id, changed)
    return {**row, **changed}


def _found(row: store.Row | None) -> store.Row:
    if row is None:
        raise NotFound("There is no such request.")
    return row


def _must_handle(uow: UnitOfWork, principal: Any, row: Mapping[str, Any]) -> None:
    """A request in a grid is for those whose region covers it; one in none is for the district's
    dispatcher.
    """
    principal.must_cover(row["grid_code"] or uow.district)
    if row["grid_code"] is None and not principal.roles & _DISTRICT_WIDE:
        raise NotYours("A request outside every grid is for the dispatcher of the district.")


def _within_reach(uow: UnitOfWork, principal: Any) -> sa.ColumnElement[bool]:
    """The same rule for many rows."""
    covered = request.c.grid_code.startswith(principal.region, autoescape=True)
    if principal.roles & _DISTRICT_WIDE and principal.covers(uow.district):
        return covered | request.c.grid_code.is_(None)
    return covered


def _shown(
    uow: UnitOfWork, principal: Any, rows: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    staff = grid_store.staff_of(
        uow.connection, {row["grid_code"] for row in rows if row["grid_code"]}
    )
    return [
        {
            **row,
            "category_name": service_name(uow.settings, row["category"]),
            "responsible_worker_id": responsible(staff.get(row["grid_code"], ())),
            "actions": _actions(principal, row["status"]),
        }
        for row in rows
    ]


def _actions(principal: Any, status: str) -> list[str]:
    may = [
        a
        for a in actions_from(status)
        if principal.roles & {"admin", *TRANSITIONS[status, a].roles}
    ]
    return sorted(may)
