"""Queries about residents' requests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from linli_grid.domain.requests import OPEN
from linli_grid.store.tables import contact_access, request

Row = dict[str, Any]

# Built once: what every registration asks costs more to build than to run.
_INSERT = sa.insert(request)
_EAST = (request.c.longitude - sa.bindparam("longitude")) * sa.bindparam("metres_east")
_NORTH = (request.c.latitude - sa.bindparam("latitude")) * sa.bindparam("metres_north")
_OPEN_NEARBY = (
    sa.select(request.c.request_id)
    .where(
        request.c.category == sa.bindparam("category"),
        request.c.registered_at.between(sa.bindparam("since"), sa.bindparam("until")),
        sa.func.sqrt(_EAST * _EAST + _NORTH * _NORTH) <= sa.bindparam("radius"),
        request.c.status.in_(OPEN),
        sa.func.coalesce(request.c.recorded_outcome, "open") == "open",
    )
    .order_by(request.c.registered_at, request.c.request_id)
    .limit(sa.bindparam("most"))
)


def insert_request(connection: sa.Connection, row: Mapping[str, Any]) -> None:
    """Keep a new request."""
    connection.execute(_INSERT, dict(row))


def insert_history(connection: sa.Connection, rows: Sequence[Mapping[str, Any]]) -> set[UUID]:
    """Keep the requests of another system that are not here yet; returns which were new."""
    if not rows:
        return set()
    insert = pg.insert(request).on_conflict_do_nothing(
        index_elements=[request.c.source, request.c.external_ref]
    )
    return set(connection.scalars(insert.returning(request.c.request_id), list(rows)))


def find_request(connection: sa.Connection, request_id: UUID) -> Row | None:
    """One request."""
    return _one(connection, sa.select(request).where(request.c.request_id == request_id))


def lock_requests(connection: sa.Connection, request_ids: Sequence[UUID]) -> dict[UUID, Row]:
    """These requests, locked in the order of their ids, so that two links crossing each other
    cannot deadlock.
    """
    query = (
        sa.select(request)
        .where(request.c.request_id.in_(request_ids))
        .order_by(request.c.request_id)
    )
    return {
        row["request_id"]: dict(row)
        for row in connection.execute(query.with_for_update()).mappings()
    }


def update_request(connection: sa.Connection, request_id: UUID, changes: Mapping[str, Any]) -> None:
    """Change columns of one request."""
    connection.execute(
        sa.update(request).where(request.c.request_id == request_id).values(**changes)
    )


def find_by_digest(connection: sa.Connection, digest: str) -> Row | None:
    """What the holder of a tracking code may see; never the place, the words or the contact."""
    columns = [
        request.c[name]
        for name in ("request_id", "status", "category", "registered_at", "updated_at")
    ]
    return _one(connection, sa.select(*columns).where(request.c.tracking_digest == digest))


def has_followers(connection: sa.Connection, request_id: UUID) -> bool:
    """Whether other requests are linked to this one."""
    followers = sa.select(request.c.request_id).where(request.c.original_request_id == request_id)
    return bool(connection.scalar(sa.select(followers.exists())))


def open_nearby(
    connection: sa.Connection,
    category: str,
    window: tuple[datetime, timedelta],
    circle: Mapping[str, float],
    most: int,
) -> Sequence[UUID]:
    """Open requests of a category around a moment and within a circle, oldest first.

    Args:
        circle: its centre as longitude and latitude, its radius in m, and how many metres a degree
            has there, metres_east and metres_north.
    """
    moment, around = window
    asked = {
        "category": category,
        "since": moment - around,
        "until": moment + around,
        **circle,
        "most": most,
    }
    return connection.scalars(_OPEN_NEARBY, asked).all()


def list_requests(
    connection: sa.Connection,
    where: Sequence[sa.ColumnElement[bool]],
    after: Sequence[Any] | None,
    limit: int,
) -> Sequence[Row]:
    """Requests, newest first. `after` is (registered_at, request_id) of the last one seen."""
    query = sa.select(request).where(*where)
    if after is not None:
        place = sa.tuple_(request.c.registered_at, request.c.request_id)
        query = query.where(place < sa.tuple_(*(sa.literal(value) for value in after)))
    query = query.order_by(request.c.registered_at.desc(), request.c.request_id.desc()).limit(limit)
    return [dict(row) for row in connection.execute(query).mappings()]


def record_access(connection: sa.Connection, row: Mapping[str, Any]) -> None:
    """Keep who read a resident's contact and words, and why."""
    connection.execute(sa.insert(contact_access).values(row))


def _one(connection: sa.Connection, query: sa.Select[Any]) -> Row | None:
    row = connection.execute(query).mappings().one_or_none()
    return dict(row) if row else None
