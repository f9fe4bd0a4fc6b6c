"""Loading cases that are going to change, locked until the end of the transaction."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from linli_chassis.storage.records import fetch_all, fetch_one

from linli_service_desk.cases.domain.case import Case, State
from linli_service_desk.cases.tables.declarations import case_file

_BY_AGE = (case_file.c.opened_at, case_file.c.case_id)


def lock_case(connection: sa.Connection, case_id: UUID) -> Case | None:
    """One case, locked until the end of the transaction because it is going to change."""
    query = sa.select(case_file).where(case_file.c.case_id == case_id).with_for_update()
    return fetch_one(connection, query, Case)


def find_by_digest(connection: sa.Connection, digest: str, *, lock: bool = False) -> Case | None:
    """The case of a tracking code, by its digest; locked if it is going to change."""
    query = (
        sa.select(case_file)
        .where(case_file.c.tracking_digest == digest)
        .order_by(case_file.c.opened_at)
        .limit(1)
    )
    return fetch_one(connection, query.with_for_update() if lock else query, Case)


def lock_due(
    connection: sa.Connection, *conditions: sa.ColumnElement[bool], limit: int = 500
) -> list[Case]:
    """Locked cases for a timer, the oldest first; the next round gets what others hold now."""
    query = sa.select(case_file).where(*conditions).order_by(*_BY_AGE).limit(limit)
    return fetch_all(connection, query.with_for_update(skip_locked=True), Case)


def lock_unanswered(connection: sa.Connection, now: datetime) -> list[Case]:
    """Cases whose provider let its time to reply pass."""
    c = case_file.c
    return lock_due(connection, c.state == State.DISPATCHED, c.reply_due_at < now)


def lock_answer_overdue(connection: sa.Connection, now: datetime) -> list[Case]:
    """Cases that nobody answered in time, not yet known to be overdue for this deadline."""
    c = case_file.c
    return lock_due(
        connection,
        c.state.in_((State.ESTABLISHED, State.DISPATCHED)),
        c.answered_at.is_(None),
        c.answer_due_at < now,
        c.answer_overdue_for.is_distinct_from(c.answer_due_at),
    )


def lock_finish_overdue(connection: sa.Connection, now: datetime) -> list[Case]:
    """Cases that were not finished in time, not yet known to be overdue for this deadline."""
    c = case_file.c
    unfinished = (State.ESTABLISHED, State.DISPATCHED, State.HANDLING, State.RESOLVED)
    return lock_due(
        connection,
        c.state.in_(unfinished),
        c.due_at < sa.func.coalesce(c.resolved_at, now),  # a late report is late all the same
        c.finish_overdue_for.is_distinct_from(c.due_at),
    )


def lock_suspension_ended(connection: sa.Connection, now: datetime) -> list[Case]:
    """Suspended cases whose date has come."""
    c = case_file.c
    return lock_due(connection, c.state == State.SUSPENDED, c.resume_at <= now)


def any_waiting(connection: sa.Connection, now: datetime) -> bool:
    """Whether any case waits for a resource."""
    return bool(connection.scalar(sa.select(sa.exists().where(*_waiting(now)))))


def lock_waiting(connection: sa.Connection, now: datetime, limit: int) -> list[Case]:
    """Cases that wait for a resource."""
    return lock_due(connection, *_waiting(now), limit=limit)


def wake_waiting(connection: sa.Connection, services: Iterable[str]) -> None:
    """Let cases that nobody could take be tried again at once, for something new is on offer."""
    connection.execute(
        case_file.update()
        .where(case_file.c.state == State.ESTABLISHED, case_file.c.retry_at.is_not(None))
        .where(case_file.c.service.in_(sorted(set(services))))
        .values(retry_at=None)
    )


def _waiting(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    retry_at = case_file.c.retry_at
    return case_file.c.state == State.ESTABLISHED, sa.or_(retry_at.is_(None), retry_at <= now)
