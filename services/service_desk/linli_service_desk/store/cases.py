"""Cases in and out of the database, one row each; and what was done to them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from linli_service_desk.domain.case import Case, State, Step
from linli_service_desk.store.tables import (
    case_dispatch,
    case_file,
    case_rating,
    case_refusal,
    case_transition,
)

SYSTEM = "system"
_FIELDS = [case_file.c[field.name] for field in fields(Case)]


def as_case(row: Any) -> Case:
    """A row of `case_file` as a case."""
    values = dict(row._mapping)
    return Case(**{**values, "state": State(values["state"])})


def load(connection: sa.Connection, case_id: UUID, *, lock: bool = False) -> Case | None:
    """One case; locked until the end of the transaction when it is going to change."""
    query = sa.select(*_FIELDS).where(case_file.c.case_id == case_id)
    row = connection.execute(query.with_for_update() if lock else query).first()
    return as_case(row) if row else None


def by_digest(connection: sa.Connection, digest: str, *, lock: bool = False) -> Case | None:
    """The case of a tracking code, by its digest."""
    query = (
        sa.select(*_FIELDS)
        .where(case_file.c.tracking_digest == digest)
        .order_by(case_file.c.opened_at)
        .limit(1)
    )
    row = connection.execute(query.with_for_update() if lock else query).first()
    return as_case(row) if row else None


def open_new(connection: sa.Connection, cases: Iterable[Case]) -> set[UUID]:
    """Insert cases, one per request; the ids of those that were not there."""
    rows = [asdict(case) for case in cases]
    if not rows:
        return set()
    statement = insert(case_file).on_conflict_do_nothing().returning(case_file.c.case_id)
    return set(connection.scalars(statement, rows))


def save(connection: sa.Connection, cases: Iterable[Case]) -> None:
    """Write changed cases back. Their rows are locked by who calls."""
    rows = [asdict(case) for case in cases]
    if not rows:
        return
    statement = insert(case_file)
    changes = {
        column.name: statement.excluded[column.name] for column in _FIELDS if not column.primary_key
    }
    connection.execute(
        statement.on_conflict_do_update(index_elements=["case_id"], set_=changes), rows
    )


def record(
    connection: sa.Connection,
    steps: Sequence[Step],
    at: datetime,
    account: str = SYSTEM,
    note: str | None = None,
    evidence: list[str] | None = None,
) -> None:
    """Keep in the history what was done. `note` is encrypted already."""
    if not steps:
        return
    rows = [
        {
            "case_id": step.case.case_id,
            "at": at,
            "account": account,
            "action": step.action,
            "from_state": step.before.state.value,
            "to_state": step.case.state.value,
            "reason": step.reason,
            "resource_id": step.case.resource_id or step.before.resource_id,
            "note": note,
            "evidence": evidence,
        }
        for step in steps
    ]
    connection.execute(case_transition.insert(), rows)


def record_opened(connection: sa.Connection, cases: Iterable[Case]) -> None:
    """Begin the histories of new cases; imported ones end at once, at their own time."""
    rows = []
    for case in cases:
        entry = {"case_id": case.case_id, "account": SYSTEM, "from_state": None, "reason": None}
        rows.append(
            {**entry, "at": case.opened_at, "action": "open", "to_state": State.ESTABLISHED.value}
        )
        if case.ended_at:
            last = {
                "at": case.ended_at,
                "action": "record",
                "to_state": case.state.value,
                "reason": "recorded",
            }
            rows.append({**entry, **last})
    if rows:
        connection.execute(case_transition.insert(), rows)


def refuse(connection: sa.Connection, case: Case, reason: str, at: datetime) -> None:
    """Remember that a resource does not take this case, so that it is not asked again."""
    values = {"case_id": case.case_id, "resource_id": case.resource_id, "at": at, "reason": reason}
    connection.execute(insert(case_refusal).values(values).on_conflict_do_nothing())


def rate(connection: sa.Connection, case: Case, verdict: dict[str, Any], at: datetime) -> bool:
    """Keep the resident's verdict; False when this closing has one."""
    values = {"case_id": case.case_id, "closing": case.closings, "at": at, **verdict}
    statement = (
        insert(case_rating).values(values).on_conflict_do_nothing().returning(case_rating.c.case_id)
    )
    return connection.scalar(statement) is not None


def is_rated(connection: sa.Connection, case: Case) -> bool:
    query = sa.select(sa.literal(True)).where(
        case_rating.c.case_id == case.case_id, case_rating.c.closing == case.closings
    )
    return bool(connection.scalar(query))


def history(connection: sa.Connection, case_id: UUID) -> list[dict[str, Any]]:
    """All that was done to a case, oldest first."""
    query = (
        sa.select(case_transition)
        .where(case_transition.c.case_id == case_id)
        .order_by(case_transition.c.at, case_transition.c.transition_id)
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def last_dispatch(connection: sa.Connection, case_id: UUID) -> dict[str, Any] | None:
    """The last time the case was given to a resource, with reasons and next choices."""
    query = (
        sa.select(case_dispatch)
        .where(case_dispatch.c.case_id == case_id)
        .order_by(case_dispatch.c.dispatch_id.desc())
        .limit(1)
    )
    row = connection.execute(query).mappings().first()
    return dict(row) if row else None


def listed(
    connection: sa.Connection,
    conditions: Iterable[sa.ColumnElement[bool]],
    limit: int,
    after: tuple[datetime, UUID] | None,
) -> list[Case]:
    """Up to `limit` cases, the newest first, beginning behind the key `after` of an earlier page."""
    newest = sa.tuple_(case_file.c.opened_at, case_file.c.case_id)
    query = (
        sa.select(*_FIELDS)
        .where(*conditions)
        .order_by(case_file.c.opened_at.desc(), case_file.c.case_id.desc())
    )
    if after:
        query = query.where(newest < sa.tuple_(*after))
    return [as_case(row) for row in connection.execute(query.limit(limit))]


def due(
    connection: sa.Connection, *conditions: sa.ColumnElement[bool], limit: int = 500
) -> list[Case]:
    """Locked cases for a timer, the oldest first; those that somebody is at just now are left for
    the next round.
    """
    query = (
        sa.select(*_FIELDS).where(*conditions).order_by(case_file.c.opened_at, case_file.c.case_id)
    )
    return [
        as_case(row)
        for row in connection.execute(query.limit(limit).with_for_update(skip_locked=True))
    ]
