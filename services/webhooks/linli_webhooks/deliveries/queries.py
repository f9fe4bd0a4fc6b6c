"""The deliveries that operators look at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from linli_chassis.storage.records import equal_to, fetch_all

from linli_webhooks.tables import delivery, event, unreadable


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event on its way to one endpoint."""

    endpoint_id: UUID
    event_id: UUID
    type: str
    state: str
    attempts: int
    next_attempt_at: datetime
    created_at: datetime
    delivered_at: datetime | None
    last_status: int | None
    last_error: str | None


def deliveries(
    connection: sa.Connection, endpoint_id: UUID | None, state: str | None, limit: int
) -> list[Delivery]:
    """Deliveries, newest first, of one endpoint or of all, in one state or in any."""
    query = (
        sa.select(delivery, event.c.type)
        .join(event)
        .where(*equal_to(delivery, endpoint_id=endpoint_id, state=state))
        .order_by(delivery.c.created_at.desc())
        .limit(limit)
    )
    return fetch_all(connection, query, Delivery)


def count_unreadable(connection: sa.Connection) -> int:
    """How many messages could not be read."""
    return int(connection.execute(sa.select(sa.func.count()).select_from(unreadable)).scalar_one())
