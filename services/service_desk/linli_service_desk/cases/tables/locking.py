"""Loading cases that are going to change, locked until the end of the transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
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
    connection: sa.Connection,
    *conditions: sa.ColumnElement[bool],
    limit: int = 500,
    first: Sequence[sa.ColumnElement[Any]] = (),
) -> list[Case]:
    """Locked cases for a timer, the oldest first; the next round gets what others hold now."""
    query = sa.select(case_file).where(*conditions).order_by(*first, *_BY_AGE).limit(limit)
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
    """Cases that wait for a resource, to be matched together.

    Those with which matching failed come before all others and in ever smaller batches, so that it
    is soon known which of them it was; those laid aside for it come last.
    """
    c = case_file.c
    first = (c.laid_aside.is_not(None), c.match_batch.asc().nulls_last())
    cases = lock_due(connection, *_waiting(now), limit=limit, first=first)
    alike = [case for case in cases if case.match_batch == cases[0].match_batch]
    return alike[: cases[0].match_batch] if cases else []


def set_waiting(connection: sa.Connection, cases: Iterable[Case], **values: object) -> None:
    """Set how locked cases wait on, such as `retry_at`; nothing has happened to them."""
    ids = [case.case_id for case in cases]
    connection.execute(case_file.update().where(case_file.c.case_id.in_(ids)).values(**values))


def wake_waiting(connection: sa.Connection, services: Iterable[str]) -> None:
    """Let cases that nobody could take be tried again at once, for something new is on offer."""
    c = case_file.c
    connection.execute(
        case_file.update()
        .where(c.state == State.ESTABLISHED, c.retry_at.is_not(None), c.laid_aside.is_(None))
        .where(c.service.in_(sorted(set(services))))
        .values(retry_at=None)
    )


def _waiting(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    retry_at = case_file.c.retry_at
    return case_file.c.state == State.ESTABLISHED, sa.or_(retry_at.is_(None), retry_at <= now)
