"""The endpoints that there are, and what each wants."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from linli_chassis.storage.records import fetch_all

from linli_webhooks.tables import delivery, endpoint


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint, and how many of its deliveries are in which state."""

    endpoint_id: UUID
    url: str
    types: list[str]
    allow_http: bool
    allow_private: bool
    created_at: datetime
    disabled_at: datetime | None
    disabled_reason: str | None
    succeeded_at: datetime | None
    pending: int
    failed: int
    delivered: int


def _count(state: str) -> sa.Label[int]:
    in_state = delivery.c.state == state
    return sa.func.count(delivery.c.event_id).filter(in_state).label(state)


_SHOWN = [column for column in endpoint.c if column.name != "secret"]
_LIST = (
    sa.select(*_SHOWN, _count("pending"), _count("failed"), _count("delivered"))
    .select_from(endpoint.outerjoin(delivery))
    .group_by(endpoint.c.endpoint_id)
    .order_by(endpoint.c.created_at)
)


def endpoints(connection: sa.Connection) -> list[Endpoint]:
    """All endpoints, in the order in which they were registered."""
    return fetch_all(connection, _LIST, Endpoint)


def patterns_by_endpoint(connection: sa.Connection) -> dict[UUID, list[str]]:
    """The types that each endpoint wants, disabled ones among them: what comes meanwhile waits."""
    rows = connection.execute(sa.select(endpoint.c.endpoint_id, endpoint.c.types))
    return {row.endpoint_id: list(row.types) for row in rows}
