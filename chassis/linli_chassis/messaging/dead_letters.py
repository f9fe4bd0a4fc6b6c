"""What operators do about events that a service could not handle: list, replay or discard them.

Works on the database directly, so that it also works while the services do not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from linli_chassis.messaging.inbox_store import channel_of

_STORED = """
    SELECT event_id, type, state, received_at, attempts, next_attempt_at, error, history,
           headers, body
    FROM "{0}".inbox WHERE state = ANY(:states) {1} ORDER BY received_at LIMIT :limit"""

_REPLAY = """
    UPDATE "{0}".inbox SET state = 'due', attempts = 0, next_attempt_at = now()
    WHERE state = 'dead' AND event_id = ANY(CAST(:ids AS uuid[]))"""

_DISCARD = """
    UPDATE "{0}".inbox SET state = 'discarded', handled_at = now()
    WHERE state = 'dead' AND event_id = ANY(CAST(:ids AS uuid[]))"""

_DECIDE = """
    WITH changed AS ({0} RETURNING event_id), noted AS (
        INSERT INTO "{1}".inbox_audit (event_id, action, by, reason)
        SELECT event_id, :action, :by, :reason FROM changed)
    SELECT count(*), pg_notify(:channel, '') FROM changed"""

_DECISIONS = """
    SELECT audit.event_id, audit.at, audit.action, audit.by, audit.reason, inbox.type, inbox.state
    FROM "{0}".inbox_audit AS audit LEFT JOIN "{0}".inbox AS inbox USING (event_id)
    WHERE :id IS NULL OR event_id = :id ORDER BY audit.id DESC LIMIT :limit"""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to handle an event that failed."""

    at: datetime
    attempt: int
    error: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody decided on a dead event.

    `type` and `state` are those of now; None when the inbox has deleted it.
    """

    service: str
    event_id: UUID
    at: datetime
    action: str
    by: str
    reason: str
    type: str | None
    state: str | None


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event that the inbox of a service has stored, and why.

    `state` is "due", "dead" or "discarded".
    """

    service: str
    event_id: UUID
    type: str
    state: str
    received_at: datetime
    attempts: int
    next_attempt_at: datetime | None
    error: str
    history: tuple[Attempt, ...]
    headers: Mapping[str, str]
    body: bytes

    @property
    def subject(self) -> str | None:
        return self.headers.get("ce-subject")

    @property
    def correlation_id(self) -> str | None:
        return self.headers.get("ce-correlationid")


def dead_events(engine: sa.Engine, service: str, limit: int = 100) -> list[StoredEvent]:
    """The dead events of a service, the oldest first."""
    return _select(engine, service, ["dead"], limit)


def failing_events(engine: sa.Engine, service: str, limit: int = 100) -> list[StoredEvent]:
    """The events that have failed and will be tried again, the oldest first."""
    return _select(engine, service, ["due"], limit, "AND attempts > 0")


def stored_event(engine: sa.Engine, service: str, event_id: UUID) -> StoredEvent | None:
    """An event that is due, dead or discarded; None for any other."""
    states = ["due", "dead", "discarded"]
    events = _select(engine, service, states, 1, "AND event_id = :id", id=event_id)
    return events[0] if events else None


def replay(engine: sa.Engine, service: str, event_ids: Sequence[UUID], by: str) -> int:
    """Set dead events due again; returns how many there were. Notes who did it."""
    return _decide(engine, service, _REPLAY, event_ids, action="replay", by=by, reason="")


def discard(
    engine: sa.Engine, service: str, event_ids: Sequence[UUID], by: str, reason: str
) -> int:
    """Give dead events up for good; returns how many there were. Notes who did it and why."""
    return _decide(engine, service, _DISCARD, event_ids, action="discard", by=by, reason=reason)


def decisions(
    engine: sa.Engine, service: str, event_id: UUID | None = None, limit: int = 100
) -> list[Decision]:
    """What was decided on dead events, or on one of them, the newest first."""
    statement = sa.text(_DECISIONS.format(service)).bindparams(sa.bindparam("id", type_=sa.Uuid()))
    with engine.connect() as connection:
        rows = connection.execute(statement, {"id": event_id, "limit": limit})
        return [Decision(service, *row) for row in rows]


def _select(
    engine: sa.Engine,
    service: str,
    states: list[str],
    limit: int,
    condition: str = "",
    **values: Any,
) -> list[StoredEvent]:
    statement = sa.text(_STORED.format(service, condition))
    with engine.connect() as connection:
        rows = connection.execute(statement, {"states": states, "limit": limit, **values})
        return [_event(service, row) for row in rows]


def _decide(
    engine: sa.Engine,
    service: str,
    statement: str,
    event_ids: Sequence[UUID],
    *,
    action: str,
    by: str,
    reason: str,
) -> int:
    values = {
        "ids": [str(event_id) for event_id in event_ids],
        "action": action,
        "by": by,
        "reason": reason,
    }
    decide = sa.text(_DECIDE.format(statement.format(service), service))
    with engine.begin() as connection:
        return int(connection.execute(decide, {**values, "channel": channel_of(service)}).one()[0])


def _event(service: str, row: Any) -> StoredEvent:
    attempts = (
        Attempt(datetime.fromisoformat(one["at"]), one["attempt"], one["error"])
        for one in row.history or ()
    )
    return StoredEvent(
        service,
        row.event_id,
        row.type,
        row.state,
        row.received_at,
        row.attempts,
        row.next_attempt_at,
        row.error or "",
        tuple(attempts),
        row.headers or {},
        bytes(row.body or b""),
    )
