"""What can happen to a case.

Each event has a counterpart of the same fields in `linli_contracts`, which adds the ids of the case
and of the request; `commands.py` holds the table of the two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class CostPart:
    """One part of the cost of a match, in thousandths of a point."""

    factor: str
    cost: int


@dataclass(frozen=True, slots=True)
class Alternative:
    """A next choice of a match, and what it would have cost."""

    resource_id: UUID
    cost: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainEvent:
    """Something that happened to a case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened(DomainEvent):
    """Step 2, 案卷建立. Imported history has no `answer_due_at`."""

    service: str
    grid_code: str | None
    priority: str
    answer_due_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HolderEvent(DomainEvent):
    """Something that concerns the resource and the unit that have the case."""

    resource_id: UUID | None
    unit_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatched(HolderEvent):
    """Step 3, 任务派遣. `by` is "matching" or "dispatcher"."""

    by: str
    reasons: Sequence[CostPart]
    alternatives: Sequence[Alternative]
    due_at: datetime
    reply_due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmatched(DomainEvent):
    """No resource can take it."""

    service: str
    region_code: str | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted(HolderEvent):
    """The provider took it on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declined(HolderEvent):
    """The provider declined, or did not reply in time."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned(HolderEvent):
    """It is another unit's duty."""

    owner_unit_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspended(DomainEvent):
    """挂账: the clock stands still."""

    reason: str
    resume_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed(DomainEvent):
    """Work goes on, with a later deadline."""

    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Extended(DomainEvent):
    """延期: the deadline to finish was moved."""

    reason: str
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalated(DomainEvent):
    """升级: `reason` is overdue, reworks, reassignments or asked."""

    level: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved(HolderEvent):
    """Step 5, 处理反馈."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reworked(DomainEvent):
    """返工: the check failed; `reworks` counts how often."""

    reworks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed(DomainEvent):
    """Step 6, 核查结案. `working_hours` is None for imported history."""

    working_hours: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelled(DomainEvent):
    """注销."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Overdue(DomainEvent):
    """A deadline passed; `limit` is "answer" or "finish"."""

    limit: str
    due_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopened(DomainEvent):
    """重新办理."""

    reason: str
