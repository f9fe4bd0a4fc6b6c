"""What people see of cases within their scope, and what matching needs to know of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
import structlog
from linli_chassis.http import Actor, Page, PageRequest, fetch_page
from linli_chassis.storage.crypto import CryptoError
from linli_chassis.storage.records import columns_of, equal_to, fetch_all, fetch_one

from linli_service_desk.cases.commands import context_of, note_context
from linli_service_desk.cases.domain.case import Case, Context, State
from linli_service_desk.cases.domain.states import CASE_STATES
from linli_service_desk.cases.domain.views import (
    HistoryEntry,
    LastDispatch,
    ListedCase,
    PossibleAction,
    ShownCase,
)
from linli_service_desk.cases.tables.declarations import (
    ENCRYPTED,
    case_dispatch,
    case_file,
    case_refusal,
    case_transition,
)
from linli_service_desk.catalogue import CasePolicy, case_policy
from linli_service_desk.errors import CaseNotFound
from linli_service_desk.projections import place_names, unit_names
from linli_service_desk.settings import Uow

PROVIDER = "provider"
HANDLERS = frozenset({"grid_worker", "dispatcher", "reviewer"})
"""Who works on the cases of a region, and so reads their notes; a provider those of its unit."""
REGIONAL = HANDLERS | {"evaluator", "operator"}
"""Who sees the cases of a region."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class ListCases(PageRequest):
    """Which cases to list. `grid_code` may be any region;"""

    state: str | None = None
    grid_code: str | None = None
    service: str | None = None
    request_id: UUID | None = None
    unit_id: UUID | None = None
    laid_aside: bool | None = None


def list_cases(uow: Uow, actor: Actor, request: ListCases, language: str) -> Page[ListedCase]:
    """The cases that the caller may see, the newest first."""
    query = sa.select(case_file).where(*_within_scope(actor), *_filters(request))
    newest = (case_file.c.opened_at, case_file.c.case_id)
    cases = fetch_page(uow.connection, query, Case, request, *newest, newest_first=True)
    return Page(_listed(uow, case_policy(uow), cases.items, language), cases.next)


def show_case(uow: Uow, actor: Actor, case_id: UUID, language: str) -> ShownCase:
    """One case that the caller may see.

    Raises:
        CaseNotFound: there is none, or it is out of scope.
    """
    query = sa.select(case_file).where(case_file.c.case_id == case_id)
    case = fetch_one(uow.connection, query, Case)
    if case is None or not (_covers(actor, case) or actor.owns(case.unit_id)):
        raise CaseNotFound(case_id=case_id)
    return case_detail(uow, actor, case, language)


def case_detail(uow: Uow, actor: Actor, case: Case, language: str) -> ShownCase:
    """A case with its history, why it was matched as it is, and what the caller may do now."""
    policy = case_policy(uow)
    (listed,) = _listed(uow, policy, [case], language)
    return ShownCase(
        **_values(listed),
        places=place_names(uow.connection, case.grid_code),
        actions=_possible_actions(actor, case, context_of(policy, case.service, uow.now)),
        match=_last_dispatch(uow.connection, case.case_id),
        history=_history(uow, actor, case),
    )


def dispatches_since(connection: sa.Connection, since: datetime) -> dict[UUID, int]:
    """By resource, how many cases it was given since a moment."""
    query = (
        sa.select(case_dispatch.c.resource_id, sa.func.count().label("cases"))
        .where(case_dispatch.c.at >= since)
        .group_by(case_dispatch.c.resource_id)
    )
    return {row.resource_id: row.cases for row in connection.execute(query)}


def refusals_of(connection: sa.Connection, cases: Sequence[Case]) -> dict[UUID, frozenset[UUID]]:
    """By case, the resources that declined or returned it."""
    query = sa.select(case_refusal.c.case_id, case_refusal.c.resource_id).where(
        case_refusal.c.case_id.in_([case.case_id for case in cases])
    )
    resources: dict[UUID, set[UUID]] = defaultdict(set)
    for row in connection.execute(query):
        resources[row.case_id].add(row.resource_id)
    return {case_id: frozenset(ids) for case_id, ids in resources.items()}


def usual_resources(
    connection: sa.Connection, cases: Sequence[Case]
) -> dict[tuple[str | None, str], UUID]:
    """By grid and service of some cases, the resource that served there last.

    One probe of an index for each grid and service, however long the history is.
    """
    pairs = sorted({(case.grid_code, case.service) for case in cases if case.grid_code})
    if not pairs:
        return {}
    c = case_file.c
    asked = sa.values(sa.column("grid_code", sa.Text), sa.column("service", sa.Text), name="asked")
    asked = asked.data(pairs)
    last = (
        sa.select(c.resource_id)
        .where(
            c.grid_code == asked.c.grid_code,
            c.service == asked.c.service,
            c.state.in_((State.HANDLING, State.RESOLVED, State.CLOSED)),
            c.resource_id.is_not(None),
        )
        .order_by(c.dispatched_at.desc(), c.case_id)
        .limit(1)
        .lateral("last")
    )
    query = sa.select(asked.c.grid_code, asked.c.service, last.c.resource_id)
    rows = connection.execute(query.select_from(asked.join(last, sa.true())))
    return {(row.grid_code, row.service): row.resource_id for row in rows}


def _listed(uow: Uow, policy: CasePolicy, cases: Sequence[Case], language: str) -> list[ListedCase]:
    names = unit_names(uow.connection, [case.unit_id for case in cases if case.unit_id])
    return [
        ListedCase(
            **_values(case),
            service_name=policy.service_name(case.service, language),
            unit_name=names.get(case.unit_id) if case.unit_id else None,
        )
        for case in cases
    ]


def _possible_actions(actor: Actor, case: Case, context: Context) -> list[PossibleAction]:
    roles = set(actor.roles)
    if not actor.owns(case.unit_id):
        roles.discard(PROVIDER)
    if not _covers(actor, case):
        roles &= {PROVIDER}
    return [
        PossibleAction(action, transition.asks, transition.to)
        for action, transition in CASE_STATES.possible(case, context, roles).items()
    ]


def _last_dispatch(connection: sa.Connection, case_id: UUID) -> LastDispatch | None:
    query = (
        sa.select(*columns_of(case_dispatch, LastDispatch))
        .where(case_dispatch.c.case_id == case_id)
        .order_by(case_dispatch.c.dispatch_id.desc())
        .limit(1)
    )
    return fetch_one(connection, query, LastDispatch)


def _history(uow: Uow, actor: Actor, case: Case) -> list[HistoryEntry]:
    """All that was done to a case, oldest first; with people's words for those who work on it."""
    query = (
        sa.select(*columns_of(case_transition, HistoryEntry))
        .where(case_transition.c.case_id == case.case_id)
        .order_by(case_transition.c.at, case_transition.c.transition_id)
    )
    entries = fetch_all(uow.connection, query, HistoryEntry)
    readable = _handles(actor, case)
    if not readable:
        return [replace(entry, note=None, evidence=None) for entry in entries]
    return [
        replace(
            entry,
            note=_decrypted(uow, case, entry.note),
            evidence=_decrypted_evidence(uow, case, entry.evidence),
        )
        for entry in entries
    ]


def _decrypted(uow: Uow, case: Case, note: str | None) -> str | None:
    if not note:
        return None
    try:
        return uow.keyring.decrypt(note, note_context(case))
    except CryptoError:  # its key was taken out of the keyring: the rest can still be read
        log.warning("note cannot be decrypted", case_id=str(case.case_id))
        return None


def _decrypted_evidence(uow: Uow, case: Case, stored: Any) -> list[str] | None:
    if not isinstance(stored, dict):
        before: list[str] | None = stored
        return before
    tokens: list[str] = stored[ENCRYPTED]
    return [text for token in tokens if (text := _decrypted(uow, case, token)) is not None]


def _covers(actor: Actor, case: Case) -> bool:
    """Whether the caller sees the case by its region; a provider sees those of its unit alone."""
    covered = actor.covers(case.grid_code)  # first: the chassis wants the scope asked for
    return actor.is_admin or (covered and not actor.roles.isdisjoint(REGIONAL))


def _handles(actor: Actor, case: Case) -> bool:
    """Whether the case is among those that the caller works on."""
    covered = actor.covers(case.grid_code)
    if actor.is_admin or (covered and not actor.roles.isdisjoint(HANDLERS)):
        return True
    return PROVIDER in actor.roles and actor.owns(case.unit_id)


def _within_scope(actor: Actor) -> list[sa.ColumnElement[bool]]:
    c, region, unit_id = case_file.c, actor.region, actor.unit_id
    if actor.is_admin:
        return []
    own = c.unit_id == unit_id if unit_id else sa.false()
    if actor.roles.isdisjoint(REGIONAL):
        return [own]
    within = c.grid_code.startswith(region, autoescape=True)
    if actor.covers(None):
        within = sa.or_(within, c.grid_code.is_(None))
    return [sa.or_(within, own)]


def _filters(request: ListCases) -> list[sa.ColumnElement[bool]]:
    conditions = equal_to(
        case_file,
        state=request.state,
        service=request.service,
        request_id=request.request_id,
        unit_id=request.unit_id,
    )
    if request.laid_aside is not None:
        conditions.append(case_file.c.laid_aside.is_not(None) == request.laid_aside)
    if request.grid_code:
        conditions.append(case_file.c.grid_code.startswith(request.grid_code, autoescape=True))
    return conditions


def _values(case: Case) -> dict[str, Any]:
    """The fields of a case by name, for a view that adds to them."""
    return {field.name: getattr(case, field.name) for field in fields(case)}
