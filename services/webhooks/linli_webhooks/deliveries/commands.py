"""What is asked of the schema `webhooks`: endpoints, events kept for them, deliveries. Each call is
one statement.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from linli_client.events import Quarantined
from linli_contracts.envelope import Event
from sqlalchemy.dialects import postgresql as pg

from linli_webhooks.database import delivery, endpoint, event, unreadable

LEASE = timedelta(minutes=2)
"""How long a delivery belongs to the process that claimed it; longer than an attempt can last."""

_CLAIM = sa.text("""
    WITH due AS (
        SELECT d.endpoint_id, d.event_id FROM endpoint e CROSS JOIN LATERAL (
            SELECT endpoint_id, event_id FROM delivery
            WHERE endpoint_id = e.endpoint_id AND state = 'pending' AND next_attempt_at <= now()
            ORDER BY next_attempt_at
            LIMIT greatest(0, :per_endpoint - coalesce((CAST(:busy AS jsonb) ->> e.endpoint_id::text)::int, 0))
            FOR UPDATE SKIP LOCKED) d
        WHERE e.disabled_at IS NULL LIMIT :limit)
    UPDATE delivery SET next_attempt_at = now() + :lease
    FROM due JOIN endpoint e USING (endpoint_id) JOIN event v USING (event_id)
    WHERE delivery.endpoint_id = due.endpoint_id AND delivery.event_id = due.event_id
    RETURNING delivery.endpoint_id, delivery.event_id, delivery.attempts, e.url, e.secret, e.allow_http,
              e.allow_private, v.body""")

_LIST = sa.text("""
    SELECT e.endpoint_id, e.url, e.types, e.allow_http, e.allow_private, e.created_at, e.disabled_at, e.disabled_reason,
           e.succeeded_at, count(d) FILTER (WHERE d.state = 'pending') AS pending,
           count(d) FILTER (WHERE d.state = 'failed') AS failed,
           count(d) FILTER (WHERE d.state = 'delivered') AS delivered
    FROM endpoint e LEFT JOIN delivery d USING (endpoint_id) GROUP BY e.endpoint_id ORDER BY e.created_at""")

_DISABLE_SILENT = sa.text("""
    UPDATE endpoint SET disabled_at = now(), disabled_reason = :reason FROM delivery d
    WHERE endpoint.endpoint_id = :endpoint_id AND disabled_at IS NULL
      AND d.endpoint_id = endpoint.endpoint_id AND d.event_id = :event_id
      AND (succeeded_at IS NULL OR succeeded_at < d.created_at)""")


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery to be attempted now; `attempts` were made before. `secret` is encrypted."""

    endpoint_id: UUID
    event_id: UUID
    attempts: int
    url: str
    secret: str
    allow_http: bool
    allow_private: bool
    body: str


def add_endpoint(connection: sa.Connection, values: Mapping[str, Any]) -> None:
    connection.execute(sa.insert(endpoint).values(**values))


def endpoints(connection: sa.Connection) -> list[dict[str, Any]]:
    """All endpoints with how many of their deliveries are in which state."""
    return [dict(row) for row in connection.execute(_LIST).mappings()]


def patterns(connection: sa.Connection) -> dict[UUID, list[str]]:
    """The types that each endpoint wants, disabled ones among them: what comes meanwhile waits for
    them.
    """
    rows = connection.execute(sa.select(endpoint.c.endpoint_id, endpoint.c.types))
    return {row.endpoint_id: list(row.types) for row in rows}


def enable(connection: sa.Connection, endpoint_id: UUID) -> bool:
    """Let an endpoint have everything that waits or was given up; whether there is such an
    endpoint.
    """
    enabled = sa.update(endpoint).where(endpoint.c.endpoint_id == endpoint_id)
    found = connection.execute(enabled.values(disabled_at=None, disabled_reason=None)).rowcount
    again = sa.update(delivery).where(
        delivery.c.endpoint_id == endpoint_id, delivery.c.state != "delivered"
    )
    connection.execute(again.values(state="pending", attempts=0, next_attempt_at=sa.func.now()))
    return bool(found)


def remove(connection: sa.Connection, endpoint_id: UUID) -> bool:
    """Forget an endpoint and its deliveries; whether there was one."""
    return bool(
        connection.execute(
            sa.delete(endpoint).where(endpoint.c.endpoint_id == endpoint_id)
        ).rowcount
    )


def deliveries(
    connection: sa.Connection, endpoint_id: UUID | None, state: str | None, limit: int
) -> list[dict[str, Any]]:
    """Deliveries, newest first."""
    query = (
        sa.select(delivery, event.c.type)
        .join(event)
        .order_by(delivery.c.created_at.desc())
        .limit(limit)
    )
    if endpoint_id is not None:
        query = query.where(delivery.c.endpoint_id == endpoint_id)
    if state is not None:
        query = query.where(delivery.c.state == state)
    return [dict(row) for row in connection.execute(query).mappings()]


def keep(connection: sa.Connection, found: Event, body: str, endpoint_ids: Iterable[UUID]) -> None:
    """Keep an event for endpoints; what is kept already stays as it is."""
    connection.execute(
        pg.insert(event)
        .values(event_id=found.id, type=found.type, body=body)
        .on_conflict_do_nothing()
    )
    rows = [{"endpoint_id": one, "event_id": found.id} for one in endpoint_ids]
    connection.execute(pg.insert(delivery).values(rows).on_conflict_do_nothing())


def keep_unreadable(connection: sa.Connection, found: Quarantined) -> None:
    headers = {
        name: value for name, value in found.message.headers.items() if isinstance(value, str)
    }
    connection.execute(
        sa.insert(unreadable).values(
            received_at=found.quarantined_at,
            routing_key=found.routing_key,
            reason=found.reason,
            headers=headers,
            content_type=found.message.content_type,
            body=found.message.body,
        )
    )


def count_unreadable(connection: sa.Connection) -> int:
    return int(connection.execute(sa.select(sa.func.count()).select_from(unreadable)).scalar_one())


def claim(connection: sa.Connection, limit: int, per_endpoint: int, busy: str) -> list[Claimed]:
    """Take deliveries that are due, so that nobody else does for the time of the lease.

    Args:
        busy: JSON object of how many are under way, by endpoint id.
    """
    rows = connection.execute(
        _CLAIM, {"limit": limit, "per_endpoint": per_endpoint, "busy": busy, "lease": LEASE}
    ).mappings()
    return [Claimed(**row) for row in rows]


def succeeded(connection: sa.Connection, done: Claimed, status: int) -> None:
    now = datetime.now(UTC)
    connection.execute(
        _of(done).values(
            state="delivered", attempts=done.attempts + 1, delivered_at=now, last_status=status
        )
    )
    # At most once a second, or all deliveries to one endpoint would wait for one row.
    earlier = sa.or_(
        endpoint.c.succeeded_at.is_(None), endpoint.c.succeeded_at < now - timedelta(seconds=1)
    )
    connection.execute(
        sa.update(endpoint)
        .where(endpoint.c.endpoint_id == done.endpoint_id, earlier)
        .values(succeeded_at=now)
    )


def failed(
    connection: sa.Connection,
    done: Claimed,
    status: int | None,
    error: str | None,
    pause: timedelta | None,
) -> None:
    """Note an attempt that failed; without a pause it was the last."""
    values: dict[str, Any] = {
        "attempts": done.attempts + 1,
        "last_status": status,
        "last_error": error,
    }
    if pause is None:
        values["state"] = "failed"
    else:
        values["next_attempt_at"] = datetime.now(UTC) + pause
    connection.execute(_of(done).values(**values))


def disable(connection: sa.Connection, endpoint_id: UUID, reason: str) -> bool:
    """Send an endpoint nothing more; whether that is new."""
    this = sa.update(endpoint).where(
        endpoint.c.endpoint_id == endpoint_id, endpoint.c.disabled_at.is_(None)
    )
    return bool(
        connection.execute(this.values(disabled_at=sa.func.now(), disabled_reason=reason)).rowcount
    )


def disable_silent(connection: sa.Connection, done: Claimed, reason: str) -> bool:
    """Disable an endpoint that took nothing since this delivery was made; whether that is new."""
    values = {"endpoint_id": done.endpoint_id, "event_id": done.event_id, "reason": reason}
    return bool(connection.execute(_DISABLE_SILENT, values).rowcount)


def purge(connection: sa.Connection, keep_days: int) -> int:
    """Forget events that are older, with their deliveries; how many."""
    old = event.c.received_at < sa.func.now() - timedelta(days=keep_days)
    return connection.execute(sa.delete(event).where(old)).rowcount


def _of(done: Claimed) -> sa.Update:
    return sa.update(delivery).where(
        delivery.c.endpoint_id == done.endpoint_id, delivery.c.event_id == done.event_id
    )
