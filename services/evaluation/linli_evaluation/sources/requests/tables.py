"""The events of requests, the facts folded from them, and the facts that closed periods counted."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from linli_contracts.envelope import Event
from sqlalchemy.dialects import postgresql as pg

from linli_evaluation.sources.domain import LEVELS
from linli_evaluation.sources.requests.domain import (
    FACT_FIELDS,
    CaseContribution,
    CaseFact,
    FactEvent,
)
from linli_evaluation.sources.tables import Source, closing_columns, note_change
from linli_evaluation.tables import MOMENT, Column, metadata

_TYPES: dict[str, sa.types.TypeEngine[Any]] = {
    "UUID": sa.Uuid(),
    "str": sa.Text(),
    "datetime": MOMENT,
    "bool": sa.Boolean(),
    "int": sa.Integer(),
    "float": sa.Double(),
}


def _fact_columns() -> list[sa.Column[Any]]:
    """A column for each field of `CaseFact`; those that count begin at 0 or false."""
    columns = []
    for field in fields(CaseFact):
        kind, _, optional = str(field.type).partition(" | ")
        column: sa.Column[Any] = sa.Column(
            field.name,
            _TYPES[kind],
            nullable=bool(optional),
            server_default=None if optional else {"int": "0", "bool": "false"}.get(kind),
            primary_key=field.name == "request_id",
        )
        columns.append(column)
    return columns


fact_event = sa.Table(
    "fact_event",
    metadata,
    sa.Column("event_id", sa.Uuid, primary_key=True),
    sa.Column("request_id", sa.Uuid, nullable=False),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("time", MOMENT, nullable=False),
    sa.Column("data", pg.JSONB, nullable=False),
    sa.Index("fact_event_request", "request_id"),
    comment="Every event that tells of a request or its case, as it came.",
)

_INDEXED_TIMES = (
    "registered_at",
    "answer_due_at",
    "first_dispatched_at",
    "due_at",
    "closed_at",
    "rated_at",
)

fact = sa.Table(
    "fact",
    metadata,
    *_fact_columns(),
    sa.Index("fact_grid", "grid_code", "request_id"),
    *(sa.Index(f"fact_{name}", name) for name in _INDEXED_TIMES),
    comment="One row per request, folded from its events.",
)

sa.Index(
    "fact_place",
    sa.func.coalesce(fact.c.grid_code, fact.c.district_code).label("place"),
    postgresql_ops={"place": "text_pattern_ops"},
)

closed_fact = sa.Table(
    "closed_fact",
    metadata,
    *closing_columns(),
    *_fact_columns(),
    comment=(
        "The facts counted, as they stood when the period was closed:"
        " what its scorecards open down to."
    ),
)


def _evidence(rows: sa.FromClause) -> Sequence[Column]:
    request_id, current = rows.c.request_id, fact.alias("current")
    event_ids = (
        sa.select(fact_event.c.event_id)
        .where(fact_event.c.request_id == request_id)
        .order_by(fact_event.c.time, fact_event.c.event_id)
    )
    digest = sa.select(current.c.digest).where(current.c.request_id == request_id)
    return (
        request_id,
        rows.c.case_id,
        sa.func.array(event_ids.scalar_subquery()).label("event_ids"),
        (rows.c.digest != digest.scalar_subquery()).label("changed"),
    )


REQUESTS = Source(
    name="facts",
    fields=FACT_FIELDS,
    levels=LEVELS,
    timed=True,
    key="request_id",
    live=fact,
    snapshot=closed_fact,
    hashed=("request_id", "digest"),
    contribution=CaseContribution,
    evidence=_evidence,
)

_INSERT_EVENTS = sa.text("""
    INSERT INTO fact_event (event_id, request_id, type, subject, sequence, time, data)
    SELECT * FROM unnest(
        CAST(:event_ids AS uuid[]), CAST(:request_ids AS uuid[]), CAST(:types AS text[]),
        CAST(:subjects AS text[]), CAST(:sequences AS bigint[]), CAST(:times AS timestamptz[]),
        CAST(:data AS jsonb[])
    ) AS t(event_id)
    ORDER BY event_id
    ON CONFLICT (event_id) DO NOTHING""")

_BEGIN = sa.text("""
    INSERT INTO fact (request_id, digest)
    SELECT id, '' FROM unnest(CAST(:ids AS uuid[])) AS id ORDER BY id
    ON CONFLICT (request_id) DO NOTHING""")

_LOCK = sa.text("""
    SELECT request_id, digest FROM fact WHERE request_id = ANY(CAST(:ids AS uuid[]))
    ORDER BY request_id FOR UPDATE""")

_EVENTS = sa.text("""
    SELECT request_id, event_id, type, subject, sequence, time, data FROM fact_event
    WHERE request_id = ANY(CAST(:ids AS uuid[]))""")

_CHANGED = [column.name for column in fact.columns if column.name != "request_id"]

_REPLACE = sa.text(f"""
    UPDATE fact SET ({", ".join(_CHANGED)}) = ROW({", ".join(f"new.{name}" for name in _CHANGED)})
    FROM jsonb_populate_recordset(NULL::fact, CAST(:rows AS jsonb)) AS new
    WHERE fact.request_id = new.request_id""")  # noqa: S608  # the names are ours


def lock_facts(connection: sa.Connection, request_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Begin the facts that are new and lock all of these until the transaction ends.

    In the order of the ids, so that two consumers wait for each other instead of deadlocking. Who
    holds a fact sees every event that was committed for it before, so no fold overwrites another
    with less.

    Returns:
        Their digests by request.
    """
    ids = {"ids": sorted(map(str, request_ids))}
    connection.execute(_BEGIN, ids)
    return {row.request_id: row.digest for row in connection.execute(_LOCK, ids)}


def insert_events(connection: sa.Connection, events: Sequence[Event]) -> None:
    """Store events whose data names a `request_id`; those stored already are left as they are."""
    values = {
        "event_ids": [str(event.id) for event in events],
        "request_ids": [str(event.data["request_id"]) for event in events],
        "types": [event.type for event in events],
        "subjects": [event.subject for event in events],
        "sequences": [event.sequence for event in events],
        "times": [event.time for event in events],
        "data": [json.dumps(event.data, default=_json_text) for event in events],
    }
    connection.execute(_INSERT_EVENTS, values)


def events_of(
    connection: sa.Connection, request_ids: Iterable[UUID]
) -> dict[UUID, list[FactEvent]]:
    """All events stored of these requests."""
    events: dict[UUID, list[FactEvent]] = defaultdict(list)
    for request_id, *columns in connection.execute(_EVENTS, {"ids": sorted(map(str, request_ids))}):
        events[request_id].append(FactEvent(*columns))
    return events


def replace_facts(connection: sa.Connection, facts: Sequence[CaseFact]) -> None:
    """Write facts over those with the same request; they must have been locked before."""
    if facts:
        names = [column.name for column in fact.columns]
        rows = [{name: getattr(each, name) for name in names} for each in facts]
        connection.execute(_REPLACE, {"rows": json.dumps(rows, default=_json_text)})
        note_change(connection)


def _json_text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
