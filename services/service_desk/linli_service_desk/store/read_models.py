"""What the desk knows of others, from their events: the newest of each aggregate wins, in whatever
order they come.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from linli_service_desk.store.tables import grid, region, resource, unit

Row = dict[str, Any]


def keep_newest(connection: sa.Connection, table: sa.Table, rows: Iterable[Row]) -> None:
    """Write rows of a read model, each with the `sequence` of its event, unless a newer one is
    there.
    """
    (key,) = table.primary_key.columns
    newest: dict[Any, Row] = {}
    for row in rows:  # one statement cannot touch a row twice
        known = newest.get(row[key.name])
        if known is None or known["sequence"] < row["sequence"]:
            newest[row[key.name]] = row
    if not newest:
        return
    statement = insert(table)
    changes = {
        column.name: statement.excluded[column.name]
        for column in table.columns
        if not column.primary_key
    }
    statement = statement.on_conflict_do_update(
        index_elements=[key], set_=changes, where=table.c.sequence < statement.excluded.sequence
    )
    # In the order of the keys, so that two replicas cannot lock each other out.
    connection.execute(statement, [newest[value] for value in sorted(newest)])


def unit_names(connection: sa.Connection, unit_ids: Sequence[UUID | None]) -> dict[UUID, str]:
    """Names of units, as far as they are known."""
    query = sa.select(unit.c.unit_id, unit.c.name).where(
        unit.c.unit_id.in_([i for i in unit_ids if i])
    )
    return {row.unit_id: row.name for row in connection.execute(query)}


def place_names(connection: sa.Connection, grid_code: str | None) -> list[str]:
    """The official names from the district down to the grid, as far as they are known."""
    if grid_code is None:
        return []
    above = [grid_code[:length] for length in (6, 9, 12)]
    regions = (
        sa.select(region.c.name)
        .where(region.c.region_code.in_(above))
        .order_by(region.c.region_code)
    )
    names = list(connection.scalars(regions))
    return names + list(
        connection.scalars(sa.select(grid.c.name).where(grid.c.grid_code == grid_code))
    )


__all__ = ["grid", "keep_newest", "place_names", "region", "resource", "unit", "unit_names"]
