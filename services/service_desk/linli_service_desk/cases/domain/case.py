"""The case (案卷) as a value: what is known of one, and nothing of how it is stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid5

from linli_kernel.codes import Level
from linli_kernel.working_time import Calendar

LEVELS = (Level.COMMUNITY.value, Level.SUBDISTRICT.value, Level.DISTRICT.value)
"""Where a case can be raised to, from its grid upwards: 分级负责, one level at a time."""


class State(StrEnum):
    """Where a case stands between step 2 and step 6 of GB/T 30428."""

    ESTABLISHED = "established"
    DISPATCHED = "dispatched"
    HANDLING = "handling"
    RESOLVED = "resolved"
    SUSPENDED = "suspended"
    CLOSED = "closed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Context:
    """What a decision depends on besides the case: the time, and the policy for its service."""

    now: datetime
    calendar: Calendar
    answer_hours: float
    finish_hours: float
    reopen_within: timedelta

    @property
    def reply_hours(self) -> float:
        """Working hours a provider has to reply: half the time to answer, an hour at least."""
        return max(1.0, self.answer_hours / 2)

    def after(self, hours: float) -> datetime:
        """The moment at which so many working hours from now have passed."""
        return self.calendar.add_working_hours(self.now, hours)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One case. All times are aware UTC; `*_due_at` and `due_at` are deadlines.

    `dispatched_at` is the first dispatch since the case was opened or reopened: the deadline to
    finish belongs to the case, so it does not start anew when a provider declines.
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
    match_batch: int | None = None
    """With how many others it is matched at most; None until matching failed with it."""
    laid_aside: str | None = None
    """Why matching cannot take it even alone: failed, timed_out or ended."""

    @property
    def next_level(self) -> str | None:
        """The level above the one it was raised to; none above the district."""
        place = LEVELS.index(self.level) + 1 if self.level else 0
        return LEVELS[place] if place < len(LEVELS) else None

    def can_reopen_until(self, reopen_within: timedelta) -> datetime | None:
        """The last moment at which it may be reopened; None unless it is closed."""
        if self.state is not State.CLOSED or self.ended_at is None:
            return None
        return self.ended_at + reopen_within


def case_id_of(request_id: UUID) -> UUID:
    """The id of a request's one case: the same whenever and wherever it is opened."""
    return uuid5(request_id, "case")
