"""When a resource is open: weekdays and hours on the district's own clock. Holidays are no matter
of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """ISO weekdays (1 is Monday) and `HH:MM` times; closing at or before opening means the next
    day.
    """

    days: tuple[int, ...]
    opens: str
    closes: str


def next_open(hours: OpeningHours | None, at: datetime, zone: ZoneInfo) -> datetime | None:
    """The first moment from `at` on at which it is open, in UTC; none when it never opens. No
    hours: always open.
    """
    if hours is None:
        return at
    today = at.astimezone(zone).date()
    for offset in range(-1, 8):  # yesterday's hours may reach past midnight
        day = today + timedelta(days=offset)
        if day.isoweekday() in hours.days:
            opens, closes = _window(hours, day, zone)
            if closes > at:
                return max(opens, at)
    return None


def _window(hours: OpeningHours, day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    overnight = hours.closes == "24:00" or hours.closes <= hours.opens
    closes_on = day + timedelta(days=1) if overnight else day
    closes = "00:00" if hours.closes == "24:00" else hours.closes
    return _moment(day, hours.opens, zone), _moment(closes_on, closes, zone)


def _moment(day: date, clock: str, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock), zone).astimezone(UTC)
