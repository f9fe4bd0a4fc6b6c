"""What people see of the counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from linli_chassis.http import Actor, Page, PageRequest, page
from linli_chassis.storage.records import fetch_all

from linli_tally.counts.domain import DailyCount, require_begun
from linli_tally.counts.tables import daily_count
from linli_tally.settings import Uow


@dataclass(frozen=True, kw_only=True)
class CountsOfDay(PageRequest):
    """Which counts are asked for."""

    day: date


def list_counts(uow: Uow, actor: Actor, query: CountsOfDay) -> Page[DailyCount]:
    """The counts of a day in the actor's region, by grid code. Raises `DayToCome`."""
    require_begun(query.day, uow.now, uow.settings.time_zone)
    columns = daily_count.c
    statement = (
        sa.select(columns.grid_code, columns.day, columns.requests)
        .where(columns.day == query.day, columns.grid_code.startswith(actor.region))
        .order_by(columns.grid_code)
        .limit(query.limit + 1)
    )
    if query.after:
        statement = statement.where(columns.grid_code > query.after[0])
    rows = fetch_all(uow.connection, statement, DailyCount)
    return page(rows, query, lambda row: [row.grid_code])
