"""The actions of a case as values: what somebody wants to be done, before anything is decided.

`action` is the word of the table in `states.py`, of the routes and of the history.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from linli_service_desk.cases.domain.events import Alternative, CostPart

BY_DISPATCHER = "dispatcher"
BY_MATCHING = "matching"
NO_REPLY = "no_reply"
"""The reason of a provider that lets its time to reply pass."""


@dataclass(frozen=True, slots=True)
class CaseAction:
    """Base of all. `by_unit` is true where the unit that has the case acts, and not its region."""

    action: ClassVar[str]
    by_unit: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class Assignment:
    """The resource a case is given to, who chose it, why, and what the next choices were."""

    resource_id: UUID
    unit_id: UUID
    by: str
    reasons: tuple[CostPart, ...] = ()
    alternatives: tuple[Alternative, ...] = ()


@dataclass(frozen=True, slots=True)
class DispatchCase(CaseAction):
    """Give the case to a resource."""

    action = "dispatch"
    to: Assignment


@dataclass(frozen=True, slots=True)
class AcceptCase(CaseAction):
    """Take it on."""

    action = "accept"
    by_unit = True


@dataclass(frozen=True, slots=True)
class DeclineCase(CaseAction):
    """Not this one."""

    action = "decline"
    by_unit = True
    reason: str


@dataclass(frozen=True, slots=True)
class ReturnCase(CaseAction):
    """It is the duty of another unit."""

    action = "return"
    by_unit = True
    owner_unit_id: UUID


@dataclass(frozen=True, slots=True)
class SuspendCase(CaseAction):
    """Let the clock stand still until `resume_at`."""

    action = "suspend"
    reason: str
    resume_at: datetime


@dataclass(frozen=True, slots=True)
class ResumeCase(CaseAction):
    """Go on with a suspended case."""

    action = "resume"


@dataclass(frozen=True, slots=True)
class ExtendCase(CaseAction):
    """Move the deadline to finish by working hours."""

    action = "extend"
    reason: str
    hours: float


@dataclass(frozen=True, slots=True)
class EscalateCase(CaseAction):
    """Raise the case one level."""

    action = "escalate"
    reason: str


@dataclass(frozen=True, slots=True)
class ResolveCase(CaseAction):
    """Report the work as done. `note` is free text, `evidence` references of what shows it."""

    action = "resolve"
    by_unit = True
    note: str
    evidence: list[str]


@dataclass(frozen=True, slots=True)
class CheckCase(CaseAction):
    """Report the result of the check on site."""

    action = "check"
    passed: bool
    note: str | None = None


@dataclass(frozen=True, slots=True)
class CancelCase(CaseAction):
    """Strike the case off."""

    action = "cancel"
    reason: str


@dataclass(frozen=True, slots=True)
class ReopenCase(CaseAction):
    """Take a closed case up again."""

    action = "reopen"
    reason: str
