"""What is counted, and for which day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from linli_kernel.errors import Invalid


class DayToCome(Invalid):
    """Nothing can have been counted on a day that has not come."""

    message = "{day} has not come yet."
    pointer = "/day"


@dataclass(frozen=True, slots=True)
class Registration:
    """A request that was registered; `registered_at` is aware."""

    grid_code: str | None
    registered_at: datetime


@dataclass(frozen=True, slots=True)
class DailyCount:
    """How many requests were registered in a grid on a day."""

    grid_code: str
    day: date
    requests: int


def count(registrations: Iterable[Registration], zone: tzinfo) -> list[DailyCount]:
    """The registrations per grid and day of `zone`, in the order of their keys."""
    numbers = Counter(
        (one.grid_code, one.registered_at.astimezone(zone).date())
        for one in registrations
        if one.grid_code is not None
    )
    return [DailyCount(*key, number) for key, number in sorted(numbers.items())]


def require_begun(day: date, now: datetime, zone: tzinfo) -> None:
    """Raise `DayToCome` for a day that has not begun in `zone`."""
    if day > now.astimezone(zone).date():
        raise DayToCome(day=day.isoformat())
