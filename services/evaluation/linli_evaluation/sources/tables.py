"""A source as SQL: its rows as they are now, and as they were at each closing of a period."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import aggregate_order_by

from linli_evaluation.sources.domain import (
    ClosingKey,
    Contribution,
    FieldKind,
    SourceName,
    SubjectLevel,
)
from linli_evaluation.tables import Column, Condition


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Rows that indicators count. Each has the code of its subject at every level."""

    name: SourceName
    fields: Mapping[str, FieldKind]
    """What an indicator may look at."""
    levels: tuple[SubjectLevel, ...]
    timed: bool
    """Whether a row is a case, which a time of it puts into a period; others count as they are."""
    key: str
    """The column that identifies a row."""
    live: sa.FromClause
    snapshot: sa.Table
    """Where the rows are copied to when a period is closed."""
    hashed: tuple[str, ...]
    """The columns that the hash of the inputs is made of."""
    contribution: type[Contribution]
    evidence: Callable[[sa.FromClause], Sequence[Column]]
    """The columns of `contribution` that all rows have, whatever indicator looks at them."""


def closing_columns() -> tuple[sa.Column[str], sa.Column[int], sa.ForeignKeyConstraint]:
    """The columns that tie a row to a closing."""
    return (
        sa.Column("period", sa.Text, primary_key=True),
        sa.Column("revision", sa.Integer, primary_key=True),
        sa.ForeignKeyConstraint(("period", "revision"), ("closing.period", "closing.revision")),
    )


def belongs_to(table: sa.Table, closing: ClosingKey) -> Condition:
    """Whether a row belongs to a closing."""
    return sa.and_(
        table.c.period == closing.period,
        table.c.revision == closing.revision,
    )


def rows_of(source: Source, closing: ClosingKey | None) -> sa.FromClause:
    """The rows of a source as they are now, or as they were at a closing."""
    if closing is None:
        return source.live
    table = source.snapshot
    columns = [column for column in table.columns if column.name not in ClosingKey._fields]
    return sa.select(*columns).where(belongs_to(table, closing)).subquery(table.name)


def copy_rows(
    connection: sa.Connection, source: Source, closing: ClosingKey, where: Condition
) -> None:
    """Copy the live rows that fulfil a condition into a closing."""
    names = [str(column.key) for column in source.live.columns]
    stamp = (sa.literal(closing.period), sa.literal(closing.revision))
    rows = sa.select(*source.live.columns, *stamp).where(where)
    target = sa.insert(source.snapshot)
    connection.execute(target.from_select([*names, *ClosingKey._fields], rows))


def hash_of_copy(connection: sa.Connection, source: Source, closing: ClosingKey) -> str:
    """SHA-256, hex, over a line for each row copied into a closing, sorted; computed in SQL."""
    table = source.snapshot
    line = sa.func.concat_ws(" ", *(table.c[name] for name in source.hashed)).label("line")
    lines = sa.select(line).where(belongs_to(table, closing)).subquery()
    joined = sa.func.string_agg(
        lines.c.line, aggregate_order_by(sa.literal("\n"), lines.c.line.collate("C"))
    )
    text = sa.func.convert_to(sa.func.coalesce(joined, ""), "UTF8")
    digest = sa.func.encode(sa.func.sha256(text), "hex")
    return str(connection.execute(sa.select(digest)).scalar_one())
