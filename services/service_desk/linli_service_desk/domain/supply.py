"""Demand and supply as matching sees them: cases that wait, resources on offer, and what a round
found.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from linli_service_desk.domain.opening import OpeningHours


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A case that waits. `limit_at` is the next limit to keep, `horizon_at` until when a resource
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
    """A case and its resource; `reasons` are the parts of `cost`, `alternatives` the next choices,
    the best first.
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
class Round:
    """What one round of matching found, the oldest case first."""

    matches: tuple[Match, ...]
    unmatched: tuple[Unmatched, ...]
