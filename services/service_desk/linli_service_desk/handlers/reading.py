"""What people see of cases: lists in their scope, one case with its story and what they may do now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa
import structlog
from linli_chassis.http import RequestContext, Principal, page
from linli_chassis.storage.crypto import CryptoError

from linli_service_desk.desk import desk_of
from linli_service_desk.domain import errors
from linli_service_desk.domain.case import Case
from linli_service_desk.domain.states import ADMIN, possible
from linli_service_desk.handlers.steps import note_context
from linli_service_desk.store import cases, read_models
from linli_service_desk.store.tables import case_file

PROVIDER = "provider"
HANDLERS = frozenset({"grid_worker", "dispatcher", "reviewer"})
"""Who works on the cases of a region, and so reads what was written on them; a provider on those of
its unit.
"""
REGIONAL = HANDLERS | {"evaluator", "operator"}
"""Who sees the cases of a region."""

log = structlog.get_logger(__name__)


def list_services(call: RequestContext) -> dict[str, Any]:
    """The service catalogue, in its own order."""
    services = desk_of(call.uow).services.values()
    return {
        "items": [
            {**asdict(entry), "domain": entry.domain, "name": entry.name(call.locale)}
            for entry in services
        ]
    }


def list_cases(call: RequestContext) -> dict[str, Any]:
    """The cases that the caller may see, the newest first."""
    limit = call.query["limit"]
    found = cases.listed(
        call.uow.connection,
        [*_scope(call.principal), *_filters(call.query)],
        limit + 1,
        call.query["after"],
    )
    answer = page(found, limit, key=lambda case: [case.opened_at, case.case_id])
    return {**answer, "items": _summaries(call, answer["items"])}


def show_case(call: RequestContext) -> dict[str, Any]:
    """One case that the caller may see. Raises `CaseNotFound`, also for a case out of scope."""
    case_id = call.path["case_id"]
    case = cases.load(call.uow.connection, case_id)
    if case is None or not (_holds(call.principal, case) or _covers(call.principal, case)):
        raise errors.CaseNotFound(case_id=case_id)
    return detail(call, case)


def detail(call: RequestContext, case: Case) -> dict[str, Any]:
    """A case with its story, why it was matched as it is, and what the caller may do now."""
    connection = call.uow.connection
    (summary,) = _summaries(call, [case])
    return {
        **summary,
        "places": read_models.place_names(connection, case.grid_code),
        "actions": _actions(call, case),
        "match": cases.last_dispatch(connection, case.case_id),
        "history": _history(call, case),
    }


def _actions(call: RequestContext, case: Case) -> list[dict[str, Any]]:
    roles = set(call.principal.roles)
    if not _holds(call.principal, case):
        roles.discard(PROVIDER)
    if not _covers(call.principal, case):
        roles &= {PROVIDER}
    ways = possible(case, desk_of(call.uow).rules(case.service), call.uow.now, roles)
    return [
        {"action": action, "asks": list(way.asks), "to": way.to.value}
        for action, way in ways.items()
    ]


def _history(call: RequestContext, case: Case) -> list[dict[str, Any]]:
    story = cases.history(call.uow.connection, case.case_id)
    readable = _handles(call.principal, case)
    for entry in story:
        entry["note"] = _readable(call, case, entry["note"]) if entry["note"] and readable else None
    return story


def _readable(call: RequestContext, case: Case, note: str) -> str | None:
    try:
        return call.uow.keyring.decrypt(note, note_context(case))
    except (
        CryptoError
    ):  # its key was taken out of the keyring: the rest of the story is still to be read
        log.warning("note cannot be decrypted", case_id=str(case.case_id))
        return None


def _summaries(call: RequestContext, found: Sequence[Case]) -> list[dict[str, Any]]:
    desk = desk_of(call.uow)
    units = read_models.unit_names(call.uow.connection, [case.unit_id for case in found])
    return [
        {
            **asdict(case),
            "service_name": desk.service_name(case.service, call.locale),
            "unit_name": units.get(case.unit_id) if case.unit_id else None,
        }
        for case in found
    ]


def _holds(principal: Principal, case: Case) -> bool:
    """Whether the case is in the hands of the caller's unit."""
    return case.unit_id is not None and case.unit_id == principal.unit_id


def _covers(principal: Principal, case: Case) -> bool:
    """Whether the caller sees the case by its region; a provider sees those of the unit alone."""
    return ADMIN in principal.roles or (
        bool(principal.roles & REGIONAL) and principal.covers(case.grid_code)
    )


def _handles(principal: Principal, case: Case) -> bool:
    """Whether the case is among those that the caller works on."""
    if ADMIN in principal.roles or (
        principal.roles & HANDLERS and principal.covers(case.grid_code)
    ):
        return True
    return PROVIDER in principal.roles and _holds(principal, case)


def _scope(principal: Principal) -> list[sa.ColumnElement[bool]]:
    if ADMIN in principal.roles:
        return []
    own = case_file.c.unit_id == principal.unit_id if principal.unit_id else sa.false()
    if not principal.roles & REGIONAL:
        return [own]
    within = case_file.c.grid_code.startswith(principal.region, autoescape=True)
    if principal.covers(None):
        within = sa.or_(within, case_file.c.grid_code.is_(None))
    return [sa.or_(within, own)]


def _filters(query: dict[str, Any]) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = [
        case_file.c[name] == query[name]
        for name in ("state", "request_id", "unit_id", "service")
        if query.get(name)
    ]
    if query.get("grid_code"):
        conditions.append(case_file.c.grid_code.startswith(query["grid_code"], autoescape=True))
    return conditions
