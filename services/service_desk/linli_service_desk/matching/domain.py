"""Demand and supply as matching sees them: waiting cases, resources on offer, and the result."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """When a resource is open, on the district's own clock; holidays do not matter.

    ISO weekdays (1 is Monday) and `HH:MM` times; closing at or before opening means the next day.
    """

    days: tuple[int, ...]
    opens: str
    closes: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingCase:
    """A case that waits for a resource.

    `limit_at` is the next deadline to keep, `horizon_at` until when a resource
    has to open.

    `region_code` is its grid, or the district for a case outside every grid: then only who serves
    the whole district can take it. `usual_resource_id` served the same need in the same grid last;
    `owner_unit_id` was named by who returned it.
    """

    case_id: UUID
    service: str
    region_code: str
    priority: str
    opened_at: datetime
    longitude: float | None = None
    latitude: float | None = None
    limit_at: datetime | None = None
    horizon_at: datetime
    refused: frozenset[UUID] = frozenset()
    usual_resource_id: UUID | None = None
    owner_unit_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A resource, and how many cases it was given today."""

    resource_id: UUID
    unit_id: UUID
    services: frozenset[str]
    covers: tuple[str, ...]
    capacity_per_day: int
    used_today: int = 0
    longitude: float | None = None
    latitude: float | None = None
    hours: OpeningHours | None = None

    @property
    def left(self) -> int:
        """Cases it can still take today."""
        return max(0, self.capacity_per_day - self.used_today)


@dataclass(frozen=True, slots=True)
class Match:
    """A case and its resource.

    `reasons` are the parts of `cost`, `alternatives` the next choices, the best first.
    """

    case_id: UUID
    resource_id: UUID
    unit_id: UUID
    cost: int
    reasons: tuple[tuple[str, int], ...]
    alternatives: tuple[tuple[UUID, int], ...]


@dataclass(frozen=True, slots=True)
class Unmatched:
    """A case that nobody can take now: no_service, no_coverage, no_capacity or all_declined."""

    case_id: UUID
    reason: str


@dataclass(frozen=True, slots=True)
class MatchResult:
    """The result of one round of matching, the oldest case first."""

    matches: tuple[Match, ...]
    unmatched: tuple[Unmatched, ...]


@dataclass(frozen=True, slots=True)
class ChosenResource:
    """The resource that a dispatcher chose for a case."""

    resource_id: UUID


def next_open(hours: OpeningHours | None, at: datetime, zone: ZoneInfo) -> datetime | None:
    """The first moment from `at` on at which it is open, in UTC; None when it never opens.

    No hours: always open.
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
