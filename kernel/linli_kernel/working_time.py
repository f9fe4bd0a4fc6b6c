"""Working time: which days and hours count, and sums in them.

Durations are in working hours, instants in UTC.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import chinese_calendar

OfficeHours = tuple[tuple[int, int], ...]
"""The stretches of a working day, in minutes from midnight."""

_HOUR = timedelta(hours=1)
_STRETCH = re.compile(r"([01]\d|2[0-4]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")
_log = logging.getLogger(__name__)


def parse_office_hours(text: str) -> OfficeHours:
    """Read `09:00-12:00,13:30-18:00`.

    Raises:
        ValueError: not of this form, or the stretches are empty, overlap or run backwards.
    """
    stretches = []
    for part in text.replace(" ", "").split(","):
        match = _STRETCH.fullmatch(part)
        if not match:
            raise ValueError(f"{part!r} is not of the form 09:00-12:00")
        hour, minute, to_hour, to_minute = map(int, match.groups())
        stretches.append((hour * 60 + minute, to_hour * 60 + to_minute))
    edges = [edge for stretch in stretches for edge in stretch]
    if any(earlier >= later for earlier, later in pairwise(edges)) or edges[-1] > 24 * 60:
        raise ValueError("the hours must follow one another without overlap, within one day")
    return tuple(stretches)


def monday_to_friday(day: date) -> bool:
    """The plain calendar: weekdays are working days, and nothing else is known."""
    return day.weekday() < 5


def chinese_working_day(day: date) -> bool:
    """The Chinese calendar: holidays are free, and the weekends worked for them are not.

    The State Council names the days of a year late in the year before; years that the library does
    not know yet are taken as plain weeks, logged once. Deadlines that were set before are not
    moved when the library learns them.
    """
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        _warn_of_unknown_year(day.year)
        return monday_to_friday(day)


@cache
def _warn_of_unknown_year(year: int) -> None:
    _log.warning(
        "chinesecalendar does not know the holidays of %s: taken as plain weeks; a newer one may",
        year,
    )


CALENDARS: dict[str, Callable[[date], bool]] = {
    "china": chinese_working_day,
    "plain": monday_to_friday,
}


class Calendar:
    """The working hours of a district, in its own time zone.

    Args:
        office_hours: from `parse_office_hours`.
        is_working_day: asked with local dates.
    """

    def __init__(
        self, zone: ZoneInfo, office_hours: OfficeHours, is_working_day: Callable[[date], bool]
    ) -> None:
        self.zone = zone
        self._office_hours = office_hours
        self._is_working_day = is_working_day
        self._windows: dict[date, tuple[tuple[datetime, datetime], ...]] = {}

    def add_working_hours(self, start: datetime, hours: float) -> datetime:
        """The first moment at which so many working hours have passed since `start`.

        `start` itself for 0.

        Raises:
            ValueError: hours below 0.
        """
        if hours < 0:
            raise ValueError("working hours cannot be taken back")
        start = start.astimezone(UTC)
        left = timedelta(hours=hours)
        day = start.astimezone(self.zone).date()
        while left:
            for opens, closes in self._on(day):
                begins = max(opens, start)
                if begins + left <= closes:
                    return begins + left
                left -= max(closes - begins, timedelta())
            day += timedelta(days=1)
        return start

    def working_hours_between(self, start: datetime, end: datetime) -> float:
        """The working hours from `start` to `end`; 0 when `end` is not later."""
        passed = timedelta()
        day, last = start.astimezone(self.zone).date(), end.astimezone(self.zone).date()
        while day <= last:
            for opens, closes in self._on(day):
                passed += max(min(closes, end) - max(opens, start), timedelta())
            day += timedelta(days=1)
        return passed / _HOUR

    def next_day(self, at: datetime) -> datetime:
        """The midnight after `at`, on the district's clock, as UTC."""
        return self._midnight(at.astimezone(self.zone).date() + timedelta(days=1))

    def midnight(self, at: datetime) -> datetime:
        """The midnight before `at`, on the district's clock, as UTC."""
        return self._midnight(at.astimezone(self.zone).date())

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.zone).astimezone(UTC)

    def _on(self, day: date) -> tuple[tuple[datetime, datetime], ...]:
        if day not in self._windows:
            worked = self._office_hours if self._is_working_day(day) else ()
            self._windows[day] = tuple(
                (self._at(day, opens), self._at(day, closes)) for opens, closes in worked
            )
        return self._windows[day]

    def _at(self, day: date, minute: int) -> datetime:
        days, minute = divmod(minute, 24 * 60)
        clock = time(minute // 60, minute % 60)
        return datetime.combine(day + timedelta(days=days), clock, self.zone).astimezone(UTC)
