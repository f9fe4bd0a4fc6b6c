"""What the tables of all features share: one metadata, so that they may refer to one another, and
the SQL that each of them needs. The tables themselves stand in `<feature>/tables.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

import sqlalchemy as sa
from linli_chassis.storage.records import columns_of
from sqlalchemy.dialects import postgresql as pg

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

metadata = sa.MetaData()

Query = sa.Select[Any]
Record = TypeVar("Record", bound="DataclassInstance")
Value = TypeVar("Value")


class Saved(NamedTuple, Generic[Record]):
    """A record that was written: it is new, or differs from what was stored."""

    record: Record
    is_new: bool


def save(
    connection: sa.Connection, table: sa.Table, records: Iterable[Record], now: datetime
) -> list[Saved[Record]]:
    """Write the records that are new or differ from what is stored, in one statement.

    Fields and columns of one name belong together; the table has `updated_at` besides.

    Args:
        records: each key at most once.
    Returns:
        The records written. Those left out are stored already, the same in all columns.
    """
    (key,) = table.primary_key.columns
    by_key = {getattr(record, key.name): record for record in records}
    if not by_key:
        return []
    # In the order of the key, so that two imports at once wait for each other and do not deadlock.
    rows = [_row(table, by_key[value], now) for value in sorted(by_key, key=str)]
    statement = pg.insert(table).values(rows)
    stored = [column for column in table.columns if column is not key]
    upsert = statement.on_conflict_do_update(
        index_elements=[key],
        set_={column.name: statement.excluded[column.name] for column in stored},
        where=sa.or_(
            *(
                column.is_distinct_from(statement.excluded[column.name])
                for column in stored
                if column.name != "updated_at"
            )
        ),
    )
    # PostgreSQL leaves xmax at 0 on a row that was inserted rather than updated.
    is_new = sa.literal_column("xmax = 0", sa.Boolean)
    written = connection.execute(upsert.returning(key, is_new))
    return [Saved(by_key[value], new) for value, new in written]


def among(column: sa.Column[Value], values: Iterable[Value]) -> sa.ColumnElement[bool]:
    """Whether a column holds one of the values."""
    # One array parameter, so that the statement stays the same whatever the number of values.
    return column == sa.any_(sa.bindparam(None, list(values), type_=pg.ARRAY(column.type)))


def _row(table: sa.Table, record: DataclassInstance, now: datetime) -> dict[str, object]:
    values = {
        column.name: getattr(record, column.name) for column in columns_of(table, type(record))
    }
    return {**values, "updated_at": now}
