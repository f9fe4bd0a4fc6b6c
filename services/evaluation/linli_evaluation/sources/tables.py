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
from linli_evaluation.tables import Column, Condition, metadata

counted_change = sa.Table(
    "counted_change",
    metadata,
    sa.Column("backend", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("changes", sa.BigInteger, nullable=False),
    comment="How often what is counted was changed, by the backend that did it.",
)

_NOTE_CHANGE = sa.text("""
    INSERT INTO counted_change (backend, changes) VALUES (pg_backend_pid(), 1)
    ON CONFLICT (backend) DO UPDATE SET changes = counted_change.changes + 1""")


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


def note_change(connection: sa.Connection) -> None:
    """Note that this transaction changed live rows of a source."""
    connection.execute(_NOTE_CHANGE)


def version_of_sources(connection: sa.Connection) -> int:
    """A number that rises with every transaction that changed a live row and was committed."""
    changes = sa.func.coalesce(sa.func.sum(counted_change.c.changes), 0)
    return int(connection.execute(sa.select(changes)).scalar_one())


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
