"""Keeping the events of requests, and the facts folded from them."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from linli_contracts.envelope import Event

from linli_evaluation.domain.facts import Fact, FactEvent
from linli_evaluation.store.tables import fact

_KEEP_EVENTS = sa.text("""
    INSERT INTO fact_event (event_id, request_id, type, subject, sequence, time, data)
    SELECT * FROM unnest(CAST(:event_ids AS uuid[]), CAST(:request_ids AS uuid[]), CAST(:types AS text[]),
                         CAST(:subjects AS text[]), CAST(:sequences AS bigint[]), CAST(:times AS timestamptz[]),
                         CAST(:data AS jsonb[])) AS t(event_id)
    ORDER BY event_id
    ON CONFLICT (event_id) DO NOTHING""")

_BEGIN = sa.text("""
    INSERT INTO fact (request_id, digest)
    SELECT id, '' FROM unnest(CAST(:ids AS uuid[])) AS id ORDER BY id
    ON CONFLICT (request_id) DO NOTHING""")

_LOCK = sa.text("""
    SELECT request_id, digest FROM fact WHERE request_id = ANY(CAST(:ids AS uuid[])) ORDER BY request_id FOR UPDATE""")

_EVENTS = sa.text("""
    SELECT request_id, event_id, type, subject, sequence, time, data FROM fact_event
    WHERE request_id = ANY(CAST(:ids AS uuid[]))""")

_CHANGED = [column.name for column in fact.columns if column.name != "request_id"]

_REPLACE = sa.text(f"""
    UPDATE fact SET ({", ".join(_CHANGED)}) = ROW({", ".join(f"new.{name}" for name in _CHANGED)})
    FROM jsonb_populate_recordset(NULL::fact, CAST(:rows AS jsonb)) AS new
    WHERE fact.request_id = new.request_id""")  # noqa: S608  # the names are ours


def lock(connection: sa.Connection, request_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Begin the facts that are new and hold all of these until the transaction ends; their digests
    by request.

    In the order of the ids, so that two consumers wait for each other instead of deadlocking. Who
    holds a fact sees every event that was committed for it before, so no fold overwrites another
    with less.
    """
    ids = {"ids": sorted(map(str, request_ids))}
    connection.execute(_BEGIN, ids)
    return {row.request_id: row.digest for row in connection.execute(_LOCK, ids)}


def keep_events(connection: sa.Connection, events: Sequence[Event]) -> None:
    """Keep events whose data names a `request_id`; those known already are left as they are."""
    connection.execute(
        _KEEP_EVENTS,
        {
            "event_ids": [str(event.id) for event in events],
            "request_ids": [str(event.data["request_id"]) for event in events],
            "types": [event.type for event in events],
            "subjects": [event.subject for event in events],
            "sequences": [event.sequence for event in events],
            "times": [event.time for event in events],
            "data": [json.dumps(event.data, default=_plain) for event in events],
        },
    )


def events_of(
    connection: sa.Connection, request_ids: Iterable[UUID]
) -> dict[UUID, list[FactEvent]]:
    """All events kept of these requests."""
    found: dict[UUID, list[FactEvent]] = defaultdict(list)
    for request_id, *columns in connection.execute(_EVENTS, {"ids": sorted(map(str, request_ids))}):
        found[request_id].append(FactEvent(*columns))
    return found


def replace(connection: sa.Connection, facts: Sequence[Fact]) -> None:
    """Write facts over those with the same request; they must have been locked before."""
    if facts:
        rows = [
            {column.name: getattr(each, column.name) for column in fact.columns} for each in facts
        ]
        connection.execute(_REPLACE, {"rows": json.dumps(rows, default=_plain)})


def find(connection: sa.Connection, request_id: UUID) -> sa.RowMapping | None:
    """The fact of a request as a row, or None."""
    return (
        connection.execute(sa.select(fact).where(fact.c.request_id == request_id))
        .mappings()
        .one_or_none()
    )


def listed(
    connection: sa.Connection,
    wanted: Mapping[str, Any],
    region: str,
    after: UUID | None,
    limit: int,
) -> Sequence[sa.RowMapping]:
    """Facts in the order of their ids.

    Args:
        wanted: Columns and the values they must have.
        region: Code prefix they must lie in.
        after: The request id to go on from.
    """
    query = (
        sa.select(fact)
        .where(*(fact.c[name] == value for name, value in wanted.items()))
        .where(within(region))
    )
    if after:
        query = query.where(fact.c.request_id > after)
    return connection.execute(query.order_by(fact.c.request_id).limit(limit)).mappings().all()


def within(region: str) -> sa.ColumnElement[bool]:
    """Whether a fact lies in a region; outside every grid it lies in the district alone."""
    place = sa.func.coalesce(fact.c.grid_code, fact.c.district_code)
    return place.startswith(region, autoescape=True)


def figures(
    connection: sa.Connection,
    level: str,
    region: str,
    bounds: tuple[datetime | None, datetime | None],
) -> Sequence[sa.RowMapping]:
    """Requests by subject, status and reason of cancelling, with the median hours from registering
    to closing.

    Rows: subject (null outside every grid), status and cancel_reason (both null in the row of the
    whole subject), whole (true for that row), cases, median_elapsed_hours.
    """
    subject = fact.c[f"{level}_id" if level == "unit" else f"{level}_code"]
    start, end = bounds
    times = [fact.c.registered_at >= start] if start else []
    times += [fact.c.registered_at < end] if end else []
    rows = (
        sa.select(
            subject.label("subject"),
            fact.c.status,
            fact.c.cancel_reason,
            (sa.func.grouping(fact.c.status) == 1).label("whole"),
            sa.func.count().label("cases"),
            sa.func.percentile_cont(0.5)
            .within_group(fact.c.elapsed_hours)
            .label("median_elapsed_hours"),
        )
        .where(within(region), *times)
        .group_by(
            sa.func.grouping_sets(
                sa.tuple_(subject), sa.tuple_(subject, fact.c.status, fact.c.cancel_reason)
            )
        )
        .order_by(subject.nulls_last(), sa.desc("whole"), fact.c.status, fact.c.cancel_reason)
    )
    return connection.execute(rows).mappings().all()


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
