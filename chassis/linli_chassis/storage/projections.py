"""Read models of other services' events: the newest state of each aggregate, in any order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from linli_contracts.envelope import Event
from sqlalchemy.dialects.postgresql import insert

Row = Mapping[str, Any]


def upsert_states(
    connection: sa.Connection,
    table: sa.Table,
    events: Iterable[Event],
    more: Callable[[Event], Row] = lambda _event: {},
) -> None:
    """Write the state that each event carries, unless a newer one of the aggregate is there.

    Args:
        table: its columns are named like the fields of the data; `sequence` and `event_id` are
            those of the event.
        more: the columns that an event fills otherwise.
    """
    names = table.columns.keys()
    rows = []
    for event in events:
        own = {"sequence": event.sequence, "event_id": event.id}
        values = {**event.data, **own, **more(event)}
        rows.append({name: values[name] for name in names})
    upsert_newest(connection, table, rows)


def upsert_newest(connection: sa.Connection, table: sa.Table, rows: Iterable[Row]) -> None:
    """Write rows that are new, or newer than what is there by their `sequence`.

    Args:
        rows: each with all columns of the table; `sequence` is that of the event it comes from.
    """
    keys = [column.name for column in table.primary_key]
    newest: dict[tuple[Any, ...], Row] = {}
    for row in rows:  # one statement cannot touch a row twice
        key = tuple(row[name] for name in keys)
        if key not in newest or newest[key]["sequence"] < row["sequence"]:
            newest[key] = row
    if not newest:
        return
    statement = insert(table)
    changes = {
        column.name: statement.excluded[column.name]
        for column in table.columns
        if not column.primary_key
    }
    statement = statement.on_conflict_do_update(
        index_elements=keys, set_=changes, where=table.c.sequence < statement.excluded.sequence
    )
    # In the order of the keys, so that two replicas wait for each other instead of deadlocking.
    ordered = sorted(newest, key=lambda key: tuple(map(str, key)))
    connection.execute(statement, [dict(newest[key]) for key in ordered])
