"""The case (案卷) as a value: what is known of one, and nothing of how it is stored."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

LEVELS = ("community", "subdistrict", "district")
"""Where a case can be raised to, from its grid upwards: 分级负责, one level at a time."""

DAYS_TO_REOPEN = 10


class State(StrEnum):
    """Where a case stands between step 2 and step 6 of GB/T 30428."""

    ESTABLISHED = "established"
    DISPATCHED = "dispatched"
    HANDLING = "handling"
    RESOLVED = "resolved"
    SUSPENDED = "suspended"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class WorkingTime(Protocol):
    """The calendar the limits run by. Hours are working hours."""

    def add_working_hours(self, start: datetime, hours: float) -> datetime:
        """The first moment at which so many working hours have passed."""
        ...

    def working_hours_between(self, start: datetime, end: datetime) -> float:
        """The working hours from start to end, 0 when end is not later."""
        ...


@dataclass(frozen=True, slots=True)
class Rules:
    """What a district decides: its calendar and the limits of the service in question, in working
    hours.
    """

    calendar: WorkingTime
    answer_hours: float
    finish_hours: float
    reopen_within: timedelta = timedelta(days=DAYS_TO_REOPEN)

    @property
    def reply_hours(self) -> float:
        """How long a provider may think it over: half the time to answer, an hour at least."""
        return max(1.0, self.answer_hours / 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One case. All times are aware UTC; `*_due_at` and `due_at` are limits.

    `dispatched_at` is the first dispatch since the case was opened or reopened: the limit to finish
    belongs to the case, so it does not start anew when a provider declines.
    """

    case_id: UUID
    request_id: UUID
    tracking_digest: str
    service: str
    grid_code: str | None
    longitude: float | None = None
    latitude: float | None = None
    priority: str
    state: State = State.ESTABLISHED
    opened_at: datetime
    recorded: bool = False

    answer_due_at: datetime | None = None
    answered_at: datetime | None = None
    resource_id: UUID | None = None
    unit_id: UUID | None = None
    owner_unit_id: UUID | None = None
    dispatched_at: datetime | None = None
    reply_due_at: datetime | None = None
    due_at: datetime | None = None
    suspended_at: datetime | None = None
    resume_at: datetime | None = None
    suspended_hours: float = 0.0
    extended: bool = False
    resolved_at: datetime | None = None
    ended_at: datetime | None = None

    reassignments: int = 0
    reworks: int = 0
    closings: int = 0
    level: str | None = None
    answer_overdue_for: datetime | None = None
    finish_overdue_for: datetime | None = None
    retry_at: datetime | None = None
    unmatched_reasons: tuple[str, ...] = ()

    @property
    def next_level(self) -> str | None:
        """The level above the one it was raised to; none above the district."""
        place = LEVELS.index(self.level) + 1 if self.level else 0
        return LEVELS[place] if place < len(LEVELS) else None


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that others are told: the fact of an event of this service, e.g. `case_accepted`,
    and its own data.
    """

    name: str
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """What an action made of a case: the case before and after, and the facts to tell."""

    action: str
    before: Case
    case: Case
    facts: tuple[Fact, ...]
    reason: str | None = None
