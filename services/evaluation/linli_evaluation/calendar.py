"""The periods that are scored: what a code such as 2026-W47 covers, in the district's time zone."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from linli_kernel.years import has_year

from linli_evaluation.errors import BadPeriod

Bounds = tuple[datetime, datetime]
"""Start (inclusive) and end (exclusive), aware UTC."""


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days from `first` up to, not including, `until`.

    `kind` is year, quarter, month, week (ISO) or day.
    """

    code: str
    kind: str
    first: date
    until: date

    def bounds(self, zone: ZoneInfo) -> Bounds:
        """Start and end; days begin at local midnight."""
        return start_of_day(self.first, zone), start_of_day(self.until, zone)


PATTERN = r"^\d{4}(-Q[1-4]|-W\d{2}|-\d{2}(-\d{2})?)?$"
"""The form of the code of a period; whether there is such a one, `parse_period` finds out."""


def start_of_day(day: date, zone: ZoneInfo) -> datetime:
    """Local midnight of `day` as an aware UTC time."""
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)


def parse_period(code: str) -> Period:
    """Read a period code: 2026, 2026-Q4, 2026-11, 2026-W47 or 2026-11-22.

    Raises:
        BadPeriod: it is none of these, there is no such month, week or day, or its year is out of
            bounds.
    """
    for kind, (pattern, bounds, _) in _KINDS.items():
        if match := re.fullmatch(pattern, code, flags=re.ASCII):
            try:
                first, until = bounds(*(int(group) for group in match.groups()))
            except (ValueError, OverflowError):
                break
            if has_year(first):
                return Period(code, kind, first, until)
    raise BadPeriod(code=code)


def covering(day: date, kind: str) -> Period:
    """The period of a kind that a local day falls into."""
    return parse_period(_KINDS[kind][2](day))


def _year(year: int) -> tuple[date, date]:
    return date(year, 1, 1), date(year + 1, 1, 1)


def _quarter(year: int, quarter: int) -> tuple[date, date]:
    return date(year, 3 * quarter - 2, 1), _month(year, 3 * quarter)[1]


def _month(year: int, month: int) -> tuple[date, date]:
    return date(year, month, 1), date(year + month // 12, month % 12 + 1, 1)


def _week(year: int, week: int) -> tuple[date, date]:
    monday = date.fromisocalendar(year, week, 1)
    return monday, monday + timedelta(days=7)


def _day(year: int, month: int, day: int) -> tuple[date, date]:
    only = date(year, month, day)
    return only, only + timedelta(days=1)


def _week_code(day: date) -> str:
    year, week, _ = day.isocalendar()
    return f"{year:04}-W{week:02}"


_KINDS: dict[str, tuple[str, Callable[..., tuple[date, date]], Callable[[date], str]]] = {
    "year": (r"(\d{4})", _year, lambda day: f"{day.year:04}"),
    "quarter": (
        r"(\d{4})-Q([1-4])",
        _quarter,
        lambda day: f"{day.year:04}-Q{(day.month + 2) // 3}",
    ),
    "month": (r"(\d{4})-(\d{2})", _month, lambda day: f"{day.year:04}-{day.month:02}"),
    "week": (r"(\d{4})-W(\d{2})", _week, _week_code),
    "day": (r"(\d{4})-(\d{2})-(\d{2})", _day, lambda day: day.isoformat()),
}
