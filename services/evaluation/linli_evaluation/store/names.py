"""What subjects are called and how grids are staffed: the newest state of each, whatever came
first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from linli_evaluation.store.tables import grid, region, staffing, unit

TABLES = {"region": region, "unit": unit, "grid": grid, "staffing": staffing}


def keep_newest(
    connection: sa.Connection, table: sa.Table, rows: Iterable[Mapping[str, Any]]
) -> None:
    """Write rows whose `sequence` is above that of the row kept; older news changes nothing."""
    keys = [column.name for column in table.primary_key]
    newest: dict[tuple[str, ...], Mapping[str, Any]] = {}
    for row in sorted(rows, key=lambda row: int(row["sequence"])):
        newest[tuple(str(row[key]) for key in keys)] = row
    statement = insert(table)
    changed = {
        column.name: statement.excluded[column.name]
        for column in table.columns
        if column.name not in keys
    }
    newer = statement.excluded.sequence > table.c.sequence
    connection.execute(
        statement.on_conflict_do_update(index_elements=keys, set_=changed, where=newer),
        [dict(newest[key]) for key in sorted(newest)],
    )


def names(connection: sa.Connection, level: str) -> dict[str, str]:
    """Names of the subjects of a level by code or id."""
    if level == "unit":
        query = sa.select(sa.cast(unit.c.unit_id, sa.Text), unit.c.name)
    elif level == "grid":
        query = sa.select(grid.c.grid_code, grid.c.name)
    else:
        query = sa.select(region.c.region_code, region.c.name)
    return {row[0]: row[1] for row in connection.execute(query)}


def unit_regions(connection: sa.Connection) -> dict[UUID, str]:
    """Where each unit is registered."""
    return {row.unit_id: row.region_code for row in connection.execute(sa.select(unit))}
