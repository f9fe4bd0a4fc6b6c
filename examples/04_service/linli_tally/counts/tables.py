"""The table of counts, and what is written to it."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from linli_tally.counts.domain import DailyCount

metadata = sa.MetaData()

daily_count = sa.Table(
    "daily_count",
    metadata,
    sa.Column("grid_code", sa.Text, primary_key=True),
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("requests", sa.Integer, nullable=False),
    sa.Column("published", sa.Integer, nullable=False, server_default="0"),
)


def add(connection: sa.Connection, counts: Iterable[DailyCount]) -> None:
    """Add to what is counted already. `counts` come in the order of their keys."""
    statement = insert(daily_count)
    statement = statement.on_conflict_do_update(
        index_elements=["grid_code", "day"],
        set_={"requests": daily_count.c.requests + statement.excluded.requests},
    )
    for one in counts:
        row = {"grid_code": one.grid_code, "day": one.day, "requests": one.requests}
        connection.execute(statement, row)


def take_changed(connection: sa.Connection) -> list[DailyCount]:
    """The counts that differ from what was published; they count as published from now on."""
    statement = (
        sa.update(daily_count)
        .where(daily_count.c.requests != daily_count.c.published)
        .values(published=daily_count.c.requests)
        .returning(daily_count.c.grid_code, daily_count.c.day, daily_count.c.requests)
    )
    return sorted(
        (DailyCount(**row) for row in connection.execute(statement).mappings()),
        key=lambda one: (one.grid_code, one.day),
    )
