"""What people see of the counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from linli_chassis.http import Actor, Page, PageRequest, fetch_page
from linli_chassis.storage.records import columns_of

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
    grid_code, day = daily_count.c.grid_code, daily_count.c.day
    counts = sa.select(*columns_of(daily_count, DailyCount)).where(
        day == query.day, grid_code.startswith(actor.region)
    )
    return fetch_page(uow.connection, counts, DailyCount, query, grid_code)
