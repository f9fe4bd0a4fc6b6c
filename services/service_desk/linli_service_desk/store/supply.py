"""What matching asks for: the resources, what they were given today, who refused what, and who
served a need last.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from linli_service_desk.domain.actions import Assignment
from linli_service_desk.domain.case import Case, State
from linli_service_desk.domain.opening import OpeningHours
from linli_service_desk.domain.supply import Offer
from linli_service_desk.store.tables import case_dispatch, case_file, case_refusal, grid, resource

_SERVED = (State.HANDLING, State.RESOLVED, State.CLOSED)
_LOCK = sa.text("SELECT pg_advisory_xact_lock(hashtextextended('service_desk supply', 0))")


def lock(connection: sa.Connection) -> None:
    """Be the only one that gives out capacity, or changes what is on offer, until the end of the
    transaction.

    Taken before anything is read or locked, so that what is counted cannot have been given out by
    another replica, no resource is overlooked by a round that began before it came, and nobody
    waits for it with a case in hand.
    """
    connection.execute(_LOCK)


def offers(
    connection: sa.Connection, since: datetime, resource_id: UUID | None = None
) -> list[Offer]:
    """All resources on offer (or the one asked for), with how many cases each was given since
    midnight.
    """
    used = (
        sa.select(case_dispatch.c.resource_id, sa.func.count().label("used"))
        .where(case_dispatch.c.at >= since)
        .group_by(case_dispatch.c.resource_id)
        .subquery()
    )
    query = (
        sa.select(resource, sa.func.coalesce(used.c.used, 0).label("used_today"))
        .outerjoin(used, used.c.resource_id == resource.c.resource_id)
        .where(~resource.c.withdrawn)
    )
    if resource_id:
        query = query.where(resource.c.resource_id == resource_id)
    return [_offer(row) for row in connection.execute(query).mappings()]


def wake(connection: sa.Connection, services: Iterable[str]) -> None:
    """Let cases that nobody could take be tried again at once, for something new is on offer."""
    connection.execute(
        case_file.update()
        .where(case_file.c.state == State.ESTABLISHED, case_file.c.retry_at.is_not(None))
        .where(case_file.c.service.in_(sorted(set(services))))
        .values(retry_at=None)
    )


def refusals(connection: sa.Connection, cases: Sequence[Case]) -> dict[UUID, frozenset[UUID]]:
    """By case, the resources that declined or returned it."""
    query = sa.select(case_refusal.c.case_id, case_refusal.c.resource_id).where(
        _of(case_refusal.c.case_id, cases)
    )
    found: dict[UUID, set[UUID]] = defaultdict(set)
    for row in connection.execute(query):
        found[row.case_id].add(row.resource_id)
    return {case_id: frozenset(ids) for case_id, ids in found.items()}


def usual(connection: sa.Connection, cases: Sequence[Case]) -> dict[tuple[str | None, str], UUID]:
    """By grid and service, the resource that served there last."""
    grids = sorted({case.grid_code for case in cases if case.grid_code})
    services = sorted({case.service for case in cases})
    query = (
        sa.select(case_file.c.grid_code, case_file.c.service, case_file.c.resource_id)
        .ext(distinct_on(case_file.c.grid_code, case_file.c.service))
        .where(case_file.c.grid_code.in_(grids), case_file.c.service.in_(services))
        .where(case_file.c.state.in_(_SERVED), case_file.c.resource_id.is_not(None))
        .order_by(
            case_file.c.grid_code,
            case_file.c.service,
            case_file.c.dispatched_at.desc(),
            case_file.c.case_id,
        )
    )
    return {(row.grid_code, row.service): row.resource_id for row in connection.execute(query)}


def places(
    connection: sa.Connection, cases: Sequence[Case]
) -> dict[UUID, tuple[float | None, float | None]]:
    """By case, the longitude and latitude of its place, or else of the centre of its grid."""
    codes = sorted({case.grid_code for case in cases if case.grid_code and case.longitude is None})
    query = sa.select(grid.c.grid_code, grid.c.longitude, grid.c.latitude).where(
        grid.c.grid_code.in_(codes)
    )
    centres = {row.grid_code: (row.longitude, row.latitude) for row in connection.execute(query)}
    unknown = (None, None)
    return {
        case.case_id: centres.get(case.grid_code, unknown)
        if case.longitude is None
        else (case.longitude, case.latitude)
        for case in cases
    }


def keep_dispatches(
    connection: sa.Connection, given: Sequence[tuple[Case, Assignment]], at: datetime
) -> None:
    """Remember who was given what, and why: capacity is counted from here."""
    if given:
        rows = [_dispatch(case, to, at) for case, to in given]
        connection.execute(case_dispatch.insert(), rows)


def _dispatch(case: Case, to: Assignment, at: datetime) -> dict[str, Any]:
    alternatives = [
        {**choice, "resource_id": str(choice["resource_id"])} for choice in to.alternatives
    ]
    return {
        "case_id": case.case_id,
        "resource_id": to.resource_id,
        "unit_id": to.unit_id,
        "by": to.by,
        "at": at,
        "reasons": list(to.reasons),
        "alternatives": alternatives,
    }


def _offer(row: Any) -> Offer:
    hours = row["hours"]
    return Offer(
        resource_id=row["resource_id"],
        unit_id=row["unit_id"],
        services=frozenset(row["services"]),
        covers=tuple(row["covers"]),
        capacity_per_day=row["capacity_per_day"],
        used_today=row["used_today"],
        longitude=row["longitude"],
        latitude=row["latitude"],
        hours=OpeningHours(tuple(hours["days"]), hours["opens"], hours["closes"])
        if hours
        else None,
    )


def _of(column: sa.ColumnElement[UUID], cases: Sequence[Case]) -> sa.ColumnElement[bool]:
    return column.in_([case.case_id for case in cases])
