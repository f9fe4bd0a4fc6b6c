"""Writing cases, with their history, dispatches and refusals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from linli_chassis.storage.projections import Row
from sqlalchemy.dialects.postgresql import insert

from linli_service_desk.cases.domain.actions import Assignment
from linli_service_desk.cases.domain.case import Case, State
from linli_service_desk.cases.domain.decisions import Step
from linli_service_desk.cases.tables.declarations import (
    ENCRYPTED,
    case_dispatch,
    case_file,
    case_refusal,
    case_transition,
)

SYSTEM = "system"
"""The account of what the platform does by itself."""


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
    changes = {c.name: statement.excluded[c.name] for c in case_file.c if not c.primary_key}
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
