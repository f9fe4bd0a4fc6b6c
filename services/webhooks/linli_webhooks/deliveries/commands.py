"""What changes deliveries: storing events for endpoints, claiming what is due, and its outcome."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from linli_client import Quarantined
from linli_contracts.envelope import Event
from sqlalchemy.dialects import postgresql as pg

from linli_webhooks.tables import delivery, endpoint, event, unreadable

LEASE = timedelta(minutes=2)
"""How long a delivery belongs to the process that claimed it; longer than an attempt can last."""

_CLAIM = sa.text("""
    WITH due AS (
        SELECT d.endpoint_id, d.event_id FROM endpoint e CROSS JOIN LATERAL (
            SELECT endpoint_id, event_id FROM delivery
            WHERE endpoint_id = e.endpoint_id AND state = 'pending' AND next_attempt_at <= now()
            ORDER BY next_attempt_at
            LIMIT greatest(
                0,
                :per_endpoint
                - coalesce((CAST(:under_way AS jsonb) ->> e.endpoint_id::text)::int, 0))
            FOR UPDATE SKIP LOCKED) d
        WHERE e.disabled_at IS NULL LIMIT :limit)
    UPDATE delivery SET next_attempt_at = now() + :lease
    FROM due JOIN endpoint e USING (endpoint_id) JOIN event v USING (event_id)
    WHERE delivery.endpoint_id = due.endpoint_id AND delivery.event_id = due.event_id
    RETURNING delivery.endpoint_id, delivery.event_id, delivery.attempts,
              e.url, e.secret, e.allow_http, e.allow_private, v.body""")


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


def store(
    connection: sa.Connection, stored: Event, body: str, endpoint_ids: Iterable[UUID]
) -> None:
    """Store an event for endpoints; what is stored already stays as it is."""
    connection.execute(
        pg.insert(event)
        .values(event_id=stored.id, type=stored.type, body=body)
        .on_conflict_do_nothing()
    )
    rows = [{"endpoint_id": one, "event_id": stored.id} for one in endpoint_ids]
    connection.execute(pg.insert(delivery).values(rows).on_conflict_do_nothing())


def store_unreadable(connection: sa.Connection, quarantined: Quarantined) -> None:
    """Store a message that cannot be read, for somebody to look at."""
    message = quarantined.message
    headers = {name: value for name, value in message.headers.items() if isinstance(value, str)}
    connection.execute(
        sa.insert(unreadable).values(
            received_at=quarantined.quarantined_at,
            routing_key=quarantined.routing_key,
            reason=quarantined.reason,
            headers=headers,
            content_type=message.content_type,
            body=message.body,
        )
    )


def claim(
    connection: sa.Connection, limit: int, per_endpoint: int, under_way: str
) -> list[Claimed]:
    """Claim due deliveries, so that nobody else does for the time of the lease.

    Args:
        under_way: JSON object of how many are under way, by endpoint id.
    """
    values: Mapping[str, Any] = {
        "limit": limit,
        "per_endpoint": per_endpoint,
        "under_way": under_way,
        "lease": LEASE,
    }
    return [Claimed(**row) for row in connection.execute(_CLAIM, values).mappings()]


def mark_delivered(connection: sa.Connection, claimed: Claimed, status: int) -> None:
    """Note an attempt that succeeded."""
    now = datetime.now(UTC)
    connection.execute(
        _update(claimed).values(
            state="delivered", attempts=claimed.attempts + 1, delivered_at=now, last_status=status
        )
    )
    # At most once a second, or all deliveries to one endpoint would wait for one row.
    earlier = sa.or_(
        endpoint.c.succeeded_at.is_(None), endpoint.c.succeeded_at < now - timedelta(seconds=1)
    )
    this = sa.update(endpoint).where(endpoint.c.endpoint_id == claimed.endpoint_id, earlier)
    connection.execute(this.values(succeeded_at=now))


def mark_failed(
    connection: sa.Connection,
    claimed: Claimed,
    status: int | None,
    error: str | None,
    pause: timedelta | None,
) -> None:
    """Note an attempt that failed; without a pause it was the last."""
    values: dict[str, Any] = {
        "attempts": claimed.attempts + 1,
        "last_status": status,
        "last_error": error,
    }
    if pause is None:
        values["state"] = "failed"
    else:
        values["next_attempt_at"] = datetime.now(UTC) + pause
    connection.execute(_update(claimed).values(**values))


def purge(connection: sa.Connection, keep_days: int) -> int:
    """Delete events that are older, with their deliveries; how many."""
    old = event.c.received_at < sa.func.now() - timedelta(days=keep_days)
    return connection.execute(sa.delete(event).where(old)).rowcount


def _update(claimed: Claimed) -> sa.Update:
    return sa.update(delivery).where(
        delivery.c.endpoint_id == claimed.endpoint_id, delivery.c.event_id == claimed.event_id
    )
