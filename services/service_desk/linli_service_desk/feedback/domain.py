"""The resident's verdict, and what a resident sees of a case."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveFeedback:
    """How it went: `satisfaction` from 1 to 5, or None. `reopen` asks to take the case up again."""

    tracking_code: str
    answered: bool
    solved: bool
    satisfaction: int | None
    reopen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackedCase:
    """A case as its resident sees it."""

    state: str
    service: str
    service_name: str
    unit_name: str | None
    opened_at: datetime
    answer_due_at: datetime | None
    due_at: datetime | None
    ended_at: datetime | None
    can_rate: bool
    can_reopen_until: datetime | None
