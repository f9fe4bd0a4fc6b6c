"""The tables of cases, and the SQL that loads, locks and writes them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from linli_chassis.storage.projections import Row
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, insert

from linli_service_desk.cases.domain.actions import Assignment
from linli_service_desk.cases.domain.case import Case, State
from linli_service_desk.cases.domain.decisions import Step
from linli_service_desk.tables import MOMENT, metadata, moment

SYSTEM = "system"
"""The account of what the platform does by itself."""
ENCRYPTED = "encrypted"
"""Marks evidence that is encrypted; what was stored before is a mere list."""

case_file = sa.Table(
    "case_file",
    metadata,
    sa.Column("case_id", sa.Uuid, primary_key=True),
    sa.Column("request_id", sa.Uuid, nullable=False, unique=True),
    sa.Column("tracking_digest", sa.Text, nullable=False),
    sa.Column("service", sa.Text, nullable=False),
    sa.Column("grid_code", sa.Text),
    sa.Column("longitude", sa.Double),
    sa.Column("latitude", sa.Double),
    sa.Column("priority", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("opened_at", MOMENT, nullable=False),
    sa.Column("recorded", sa.Boolean, nullable=False),
    moment("answer_due_at"),
    moment("answered_at"),
    sa.Column("resource_id", sa.Uuid),
    sa.Column("unit_id", sa.Uuid),
    sa.Column("owner_unit_id", sa.Uuid),
    moment("dispatched_at"),
    moment("reply_due_at"),
    moment("due_at"),
    moment("suspended_at"),
    moment("resume_at"),
    sa.Column("suspended_hours", sa.Double, nullable=False),
    sa.Column("extended", sa.Boolean, nullable=False),
    moment("resolved_at"),
    moment("ended_at"),
    sa.Column("reassignments", sa.Integer, nullable=False),
    sa.Column("reworks", sa.Integer, nullable=False),
    sa.Column("closings", sa.Integer, nullable=False),
    sa.Column("level", sa.Text),
    moment("answer_overdue_for"),
    moment("finish_overdue_for"),
    moment("retry_at"),
    sa.Column("unmatched_reasons", ARRAY(sa.Text, as_tuple=True), nullable=False),
    sa.Column("match_batch", sa.Integer),
    sa.Column("laid_aside", sa.Text),
    sa.Index("case_file_tracking_digest", "tracking_digest"),
    sa.Index("case_file_newest", "opened_at", "case_id"),
    sa.Index("case_file_region", "grid_code", postgresql_ops={"grid_code": "text_pattern_ops"}),
    sa.Index(
        "case_file_served",
        "grid_code",
        "service",
        sa.text("dispatched_at DESC"),
        "case_id",
        postgresql_where=sa.text(
            "state IN ('handling', 'resolved', 'closed') AND resource_id IS NOT NULL"
        ),
    ),
    sa.Index("case_file_unit", "unit_id"),
    sa.Index(
        "case_file_waiting",
        "opened_at",
        "case_id",
        postgresql_where=sa.text("state = 'established'"),
    ),
    sa.Index(
        "case_file_clocks",
        "state",
        postgresql_where=sa.text(
            "state IN ('established', 'dispatched', 'handling', 'resolved', 'suspended')"
        ),
    ),
)

case_transition = sa.Table(
    "case_transition",
    metadata,
    sa.Column("transition_id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("case_id", sa.Uuid, sa.ForeignKey("case_file.case_id"), nullable=False),
    sa.Column("at", MOMENT, nullable=False),
    sa.Column("account", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("from_state", sa.Text),
    sa.Column("to_state", sa.Text, nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("resource_id", sa.Uuid),
    sa.Column("note", sa.Text),  # encrypted: free text
    sa.Column("evidence", JSONB(none_as_null=True)),
    sa.Index("case_transition_case", "case_id", "transition_id"),
)

case_dispatch = sa.Table(
    "case_dispatch",
    metadata,
    sa.Column("dispatch_id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("case_id", sa.Uuid, sa.ForeignKey("case_file.case_id"), nullable=False),
    sa.Column("resource_id", sa.Uuid, nullable=False),
    sa.Column("unit_id", sa.Uuid, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("at", MOMENT, nullable=False),
    sa.Column("reasons", JSONB, nullable=False),
    sa.Column("alternatives", JSONB, nullable=False),
    sa.Index("case_dispatch_today", "at", "resource_id"),
    sa.Index("case_dispatch_case", "case_id", "dispatch_id"),
)

case_refusal = sa.Table(
    "case_refusal",
    metadata,
    sa.Column("case_id", sa.Uuid, sa.ForeignKey("case_file.case_id"), primary_key=True),
    sa.Column("resource_id", sa.Uuid, primary_key=True),
    sa.Column("at", MOMENT, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
)

CASE_COLUMNS = [case_file.c[field.name] for field in fields(Case)]
_BY_AGE = (case_file.c.opened_at, case_file.c.case_id)


def lock_case(connection: sa.Connection, case_id: UUID) -> Case | None:
    """One case, locked until the end of the transaction because it is going to change."""
    query = sa.select(*CASE_COLUMNS).where(case_file.c.case_id == case_id).with_for_update()
    row = connection.execute(query).first()
    return as_case(row) if row else None


def find_by_digest(connection: sa.Connection, digest: str, *, lock: bool = False) -> Case | None:
    """The case of a tracking code, by its digest; locked if it is going to change."""
    query = (
        sa.select(*CASE_COLUMNS)
        .where(case_file.c.tracking_digest == digest)
        .order_by(case_file.c.opened_at)
        .limit(1)
    )
    row = connection.execute(query.with_for_update() if lock else query).first()
    return as_case(row) if row else None


def lock_due(
    connection: sa.Connection,
    *conditions: sa.ColumnElement[bool],
    limit: int = 500,
    first: Sequence[sa.ColumnElement[Any]] = (),
) -> list[Case]:
    """Locked cases for a timer, the oldest first; the next round gets what others hold now."""
    query = sa.select(*CASE_COLUMNS).where(*conditions).order_by(*first, *_BY_AGE).limit(limit)
    rows = connection.execute(query.with_for_update(skip_locked=True))
    return [as_case(row) for row in rows]


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


def insert_new(connection: sa.Connection, cases: Iterable[Case]) -> set[UUID]:
    """Insert cases, one per request; the ids of those that were not there."""
    rows = [asdict(case) for case in cases]
    if not rows:
        return set()
    statement = insert(case_file).on_conflict_do_nothing().returning(case_file.c.case_id)
    inserted = set(connection.scalars(statement, rows))
    _record_opened(connection, [row for row in rows if row["case_id"] in inserted])
    return inserted


def save(connection: sa.Connection, steps: Sequence[Step], account: str, at: datetime) -> None:
    """Write the cases of some steps, their history, dispatches and refusals.

    The cases are locked by the caller, notes and evidence encrypted. A step without events stands
    in no history.
    """
    if not steps:
        return
    statement = insert(case_file)
    changes = {c.name: statement.excluded[c.name] for c in CASE_COLUMNS if not c.primary_key}
    connection.execute(
        statement.on_conflict_do_update(index_elements=["case_id"], set_=changes),
        [asdict(step.case) for step in steps],
    )
    history = [_history_row(step, account, at) for step in steps if step.events]
    dispatches = [
        _dispatch_row(step.case.case_id, step.assignment, at) for step in steps if step.assignment
    ]
    refusals = [_refusal_row(step, at) for step in steps if step.refusal]
    if history:
        connection.execute(case_transition.insert(), history)
    if dispatches:
        connection.execute(case_dispatch.insert(), dispatches)
    if refusals:
        connection.execute(insert(case_refusal).on_conflict_do_nothing(), refusals)


def as_case(row: sa.Row[Any]) -> Case:
    """A row of `CASE_COLUMNS` as a case."""
    return Case(**{**row._mapping, "state": State(row.state)})


def _waiting(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    retry_at = case_file.c.retry_at
    return case_file.c.state == State.ESTABLISHED, sa.or_(retry_at.is_(None), retry_at <= now)


def _record_opened(connection: sa.Connection, cases: Iterable[Row]) -> None:
    """Begin the histories of new cases; imported ones end at once, at their own time."""
    rows = []
    for case in cases:
        entry = {"case_id": case["case_id"], "account": SYSTEM, "from_state": None}
        opened = {"at": case["opened_at"], "action": "open", "to_state": State.ESTABLISHED}
        rows.append({**entry, **opened, "reason": None})
        if case["ended_at"]:
            ended = {"at": case["ended_at"], "action": "record", "to_state": case["state"]}
            rows.append({**entry, **ended, "reason": "recorded"})
    if rows:
        connection.execute(case_transition.insert(), rows)


def _history_row(step: Step, account: str, at: datetime) -> Row:
    return {
        "case_id": step.case.case_id,
        "at": at,
        "account": account,
        "action": step.action,
        "from_state": step.before.state,
        "to_state": step.case.state,
        "reason": step.reason,
        "resource_id": step.case.resource_id or step.before.resource_id,
        "note": step.note or None,
        "evidence": {ENCRYPTED: step.evidence} if step.evidence else None,
    }


def _dispatch_row(case_id: UUID, to: Assignment, at: datetime) -> Row:
    """Who was given what, and why: capacity is counted from these rows."""
    return {
        "case_id": case_id,
        "resource_id": to.resource_id,
        "unit_id": to.unit_id,
        "by": to.by,
        "at": at,
        "reasons": [asdict(part) for part in to.reasons],
        "alternatives": [
            {"resource_id": str(choice.resource_id), "cost": choice.cost}
            for choice in to.alternatives
        ],
    }


def _refusal_row(step: Step, at: datetime) -> Row:
    return {
        "case_id": step.case.case_id,
        "resource_id": step.before.resource_id,
        "at": at,
        "reason": step.refusal,
    }
