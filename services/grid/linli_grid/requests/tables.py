"""The tables of requests and of who read a contact, and their SQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from linli_chassis.storage.records import fetch_all, fetch_one
from sqlalchemy.dialects import postgresql as pg

from linli_grid import tables as shared
from linli_grid.requests.domain import Request
from linli_grid.tables import MOMENT, metadata

request = sa.Table(
    "request",
    metadata,
    sa.Column("request_id", shared.UUID, primary_key=True),
    sa.Column("source", sa.Text, comment="the older system it was brought in from"),
    sa.Column("external_ref", sa.Text, comment="its number there"),
    sa.Column("category", sa.Text, nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("priority", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("location_status", sa.Text, nullable=False),
    sa.Column("grid_code", sa.Text),
    sa.Column("longitude", sa.Double, comment="WGS-84"),
    sa.Column("latitude", sa.Double),
    sa.Column("description", sa.Text, comment="encrypted for request_id"),
    sa.Column("contact", sa.Text, comment="encrypted for request_id"),
    sa.Column("note", sa.Text, comment="the worker's words, encrypted for request_id"),
    sa.Column("photos", pg.JSONB(none_as_null=True)),
    sa.Column("tracking_digest", sa.Text, nullable=False, unique=True),
    sa.Column("original_request_id", shared.UUID, sa.ForeignKey("request.request_id")),
    sa.Column("rejection_reason", sa.Text),
    sa.Column("recorded_outcome", sa.Text, comment="how it ended in the older system"),
    sa.Column("registered_at", MOMENT, nullable=False),
    sa.Column("updated_at", MOMENT, nullable=False),
    sa.UniqueConstraint("source", "external_ref", name="request_source_external_ref_key"),
    sa.Index("request_newest", "registered_at", "request_id"),
    sa.Index(
        "request_of_grid",
        "grid_code",
        "registered_at",
        postgresql_ops={"grid_code": "text_pattern_ops"},
    ),
    sa.Index("request_alike", "category", "registered_at"),
    sa.Index(
        "request_followers",
        "original_request_id",
        postgresql_where=sa.text("original_request_id IS NOT NULL"),
    ),
)

contact_access = sa.Table(
    "contact_access",
    metadata,
    sa.Column("access_id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column(
        "request_id",
        shared.UUID,
        sa.ForeignKey("request.request_id"),
        nullable=False,
        index=True,
    ),
    sa.Column("account", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("accessed_at", MOMENT, nullable=False),
    comment="Who read a resident's contact and words, when, and why.",
)

_INSERT = sa.insert(request)
"""Built once: for what every registration runs, building costs more than running."""

_CHANGEABLE = (
    "status",
    "location_status",
    "grid_code",
    "note",
    "original_request_id",
    "rejection_reason",
    "updated_at",
)


def insert_request(connection: sa.Connection, new: Request) -> None:
    """Store a new request."""
    connection.execute(_INSERT, vars(new))


def insert_imported(connection: sa.Connection, requests: Sequence[Request]) -> set[UUID]:
    """Store the requests of another system that are not here yet; returns which were new."""
    if not requests:
        return set()
    insert = pg.insert(request).on_conflict_do_nothing(
        index_elements=[request.c.source, request.c.external_ref]
    )
    rows = [vars(new) for new in requests]
    return set(connection.scalars(insert.returning(request.c.request_id), rows))


def find_request(connection: sa.Connection, request_id: UUID) -> Request | None:
    """One request."""
    query = sa.select(request).where(request.c.request_id == request_id)
    return fetch_one(connection, query, Request)


def lock_requests(connection: sa.Connection, request_ids: Sequence[UUID]) -> dict[UUID, Request]:
    """These requests, locked in the order of their ids so that crossing links never deadlock."""
    query = (
        sa.select(request)
        .where(request.c.request_id.in_(request_ids))
        .order_by(request.c.request_id)
        .with_for_update()
    )
    return {locked.request_id: locked for locked in fetch_all(connection, query, Request)}


def update_request(connection: sa.Connection, changed: Request) -> None:
    """Store what may change of a request."""
    values = {name: getattr(changed, name) for name in _CHANGEABLE}
    connection.execute(
        sa.update(request).where(request.c.request_id == changed.request_id).values(**values)
    )


def has_followers(connection: sa.Connection, request_id: UUID) -> bool:
    """Whether other requests are linked to this one."""
    followers = sa.select(request.c.request_id).where(request.c.original_request_id == request_id)
    return bool(connection.scalar(sa.select(followers.exists())))


def insert_access(
    connection: sa.Connection, request_id: UUID, account: str, reason: str, now: datetime
) -> None:
    """Record who read a resident's contact and words, and why."""
    connection.execute(
        sa.insert(contact_access).values(
            request_id=request_id, account=account, reason=reason, accessed_at=now
        )
    )
