"""The tables of requests and of how many an account registered, and their SQL."""

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
    sa.Column("consent_at", MOMENT, comment="when the resident agreed"),
    sa.Column("consent_text", sa.Text, comment="the version of the text agreed to"),
    sa.Column("consent_withdrawn_at", MOMENT),
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
    sa.Index(
        "request_open",
        "registered_at",
        "request_id",
        postgresql_where=sa.text("status = 'registered'"),
    ),
    sa.Index("request_alike", "category", "registered_at"),
    sa.Index(
        "request_followers",
        "original_request_id",
        postgresql_where=sa.text("original_request_id IS NOT NULL"),
    ),
)

registration_count = sa.Table(
    "registration_count",
    metadata,
    sa.Column("account_digest", sa.Text, primary_key=True, comment="SHA-256"),
    sa.Column("began_at", MOMENT, nullable=False),
    sa.Column("registrations", sa.Integer, nullable=False),
    comment="How many requests a resident's account registered within an hour, and since when.",
)


def _counting() -> sa.CTE:
    """Counts a registration, and has the count. The row is locked, so that replicas count as one.

    Parameters: `account_digest`, `now`, and `expired_at`, up to which a count is begun anew.
    """
    insert = pg.insert(registration_count).values(
        account_digest=sa.bindparam("account_digest"),
        began_at=sa.bindparam("now"),
        registrations=1,
    )
    expired = registration_count.c.began_at <= sa.bindparam("expired_at")
    counted = insert.on_conflict_do_update(
        index_elements=[registration_count.c.account_digest],
        set_={
            "began_at": sa.case(
                (expired, insert.excluded.began_at), else_=registration_count.c.began_at
            ),
            "registrations": sa.case((expired, 1), else_=registration_count.c.registrations + 1),
        },
    )
    return counted.returning(registration_count.c.registrations, registration_count.c.began_at).cte(
        "counted"
    )


COUNTED = _counting()

_INSERT = sa.insert(request)
"""Built once: for what every registration runs, building costs more than running."""

_CHANGEABLE = (
    "status",
    "priority",
    "location_status",
    "grid_code",
    "contact",
    "note",
    "consent_withdrawn_at",
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


def find_by_digest(connection: sa.Connection, digest: str) -> Request | None:
    """The request with this digest of its tracking code, locked until the transaction ends."""
    query = sa.select(request).where(request.c.tracking_digest == digest).with_for_update()
    return fetch_one(connection, query, Request)


def delete_counts(connection: sa.Connection, before: datetime) -> None:
    """Forget how many requests accounts registered that began to before a time."""
    connection.execute(sa.delete(registration_count).where(registration_count.c.began_at <= before))
