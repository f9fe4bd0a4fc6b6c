"""Deletes what is past its time. The relay runs it, for one of them is active for each service."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

_LIMIT = 5_000  # rows at a time, so that no deletion holds locks for long

_STATEMENTS = (
    """DELETE FROM outbox WHERE seq IN (
           SELECT seq FROM outbox
           WHERE published_at < now() - make_interval(days => :outbox_days) LIMIT :limit)""",
    """DELETE FROM inbox WHERE event_id IN (
           SELECT event_id FROM inbox
           WHERE handled_at < now() - make_interval(days => :inbox_days) LIMIT :limit)""",
    """DELETE FROM idempotency WHERE (account, key) IN (
           SELECT account, key FROM idempotency
           WHERE created_at < now() - make_interval(days => :answer_days) LIMIT :limit)""",
)


@dataclass(frozen=True, slots=True)
class Retention:
    """Days to keep published events, finished inbox events, and idempotency records."""

    outbox_days: int
    inbox_days: int
    answer_days: int = 7


def purge(connection: sa.Connection, retention: Retention) -> bool:
    """Delete a bounded number of rows past their time; whether there may be more."""
    values = {
        "outbox_days": retention.outbox_days,
        "inbox_days": retention.inbox_days,
        "answer_days": retention.answer_days,
        "limit": _LIMIT,
    }
    deleted = [connection.execute(sa.text(sql), values).rowcount for sql in _STATEMENTS]
    return max(deleted) == _LIMIT
