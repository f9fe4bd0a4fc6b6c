"""The periods that were closed: what was counted, by which definitions, and the scorecards that
came of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import aggregate_order_by, insert

from linli_evaluation.domain.indicators import Definitions
from linli_evaluation.domain.scorecards import hash_of
from linli_evaluation.store import counting
from linli_evaluation.store.tables import (
    closed_fact,
    closed_grid,
    closing,
    definitions,
    fact,
    scorecard,
)

_ONE_AT_A_TIME = sa.text("SELECT pg_advisory_xact_lock(hashtextextended('close ' || :period, 0))")


def lock(connection: sa.Connection, period: str) -> None:
    """Keep others from closing this period until the transaction ends."""
    connection.execute(_ONE_AT_A_TIME, {"period": period})


def newest(connection: sa.Connection, period: str) -> dict[str, Any] | None:
    """The last closing of a period, or None while it is open."""
    query = (
        sa.select(closing)
        .where(closing.c.period == period)
        .order_by(closing.c.revision.desc())
        .limit(1)
    )
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else dict(row)


def keep_definitions(connection: sa.Connection, used: Definitions) -> None:
    """Keep the document of definitions under its hash."""
    row = {"hash": used.hash, "document": used.document}
    connection.execute(insert(definitions).values(row).on_conflict_do_nothing())


def definitions_document(connection: sa.Connection, hash_: str) -> Any:
    """The document of definitions that was kept under a hash."""
    return connection.execute(
        sa.select(definitions.c.document).where(definitions.c.hash == hash_)
    ).scalar_one()


def begin(connection: sa.Connection, row: Mapping[str, Any]) -> None:
    """Write down the closing itself; the facts, grids and scorecards refer to it."""
    connection.execute(sa.insert(closing).values(inputs_hash="", **row))


def keep_inputs(
    connection: sa.Connection, used: Definitions, key: tuple[str, int], bounds: counting.Bounds
) -> str:
    """Copy the facts and grids that count into the closing `(period, revision)`; their hash.

    The scorecards are counted from the copy, so that the hash, the scores and what they open down
    to agree even while events come in.
    """
    _copy(connection, closed_fact, sa.select(fact).where(counting.counted(used, fact, bounds)), key)
    _copy(connection, closed_grid, counting.staffed_grids(), key)
    facts, grids = closed_fact.c, closed_grid.c
    of_facts = _digest(
        connection, sa.func.concat_ws(" ", facts.request_id, facts.digest), closed_fact, key
    )
    staffed = (
        grids.grid_code,
        grids.households,
        grids.area_m2,
        grids.full_time,
        grids.part_time,
        grids.deputy,
    )
    of_grids = _digest(connection, sa.func.concat_ws(" ", *staffed), closed_grid, key)
    inputs_hash = hash_of([of_facts, of_grids])
    connection.execute(sa.update(closing).where(_is(closing, key)).values(inputs_hash=inputs_hash))
    return inputs_hash


def keep_scorecards(connection: sa.Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store the scorecards of a closing."""
    if rows:
        connection.execute(sa.insert(scorecard), rows)


def scorecards(connection: sa.Connection, key: tuple[str, int], level: str) -> list[dict[str, Any]]:
    """The stored scorecards of a level, the best first."""
    query = sa.select(scorecard.c.card).where(_is(scorecard, key), scorecard.c.level == level)
    return [dict(card) for card in connection.execute(query.order_by(scorecard.c.place)).scalars()]


def _copy(
    connection: sa.Connection, into: sa.Table, rows: sa.Select[Any], key: tuple[str, int]
) -> None:
    names = [str(column.key) for column in rows.selected_columns]
    stamped = rows.add_columns(sa.literal(key[0]), sa.literal(key[1]))
    connection.execute(sa.insert(into).from_select([*names, "period", "revision"], stamped))


def _digest(
    connection: sa.Connection, line: sa.ColumnElement[str], table: sa.Table, key: tuple[str, int]
) -> str:
    """SHA-256, hex, over a line per row, sorted; computed where the rows are."""
    lines = sa.select(line.label("line")).where(_is(table, key)).subquery()
    joined = sa.func.string_agg(
        lines.c.line, aggregate_order_by(sa.literal("\n"), lines.c.line.collate("C"))
    )
    whole = sa.func.encode(
        sa.func.sha256(sa.func.convert_to(sa.func.coalesce(joined, ""), "UTF8")), "hex"
    )
    return str(connection.execute(sa.select(whole)).scalar_one())


def _is(table: sa.Table, key: tuple[str, int]) -> sa.ColumnElement[bool]:
    return sa.and_(table.c.period == key[0], table.c.revision == key[1])
