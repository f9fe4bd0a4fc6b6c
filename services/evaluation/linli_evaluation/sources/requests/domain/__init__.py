"""What evaluation knows of a request: its events as they are stored, and the one fact of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Literal, get_args
from uuid import UUID

from linli_evaluation.sources.domain import Contribution, FieldKind, SubjectLevel

Status = Literal[
    "registered", "rejected", "resolved_on_spot", "linked", "open", "closed", "cancelled"
]

STATUSES: tuple[Status, ...] = get_args(Status)


@dataclass(frozen=True, slots=True)
class FactEvent:
    """An event as evaluation stores it: `data` holds JSON values.

    `subject` and `sequence` order the events of one aggregate.
    """

    event_id: UUID
    type: str
    subject: str
    sequence: int
    time: datetime
    data: Mapping[str, Any]

    @property
    def event_name(self) -> str:
        """`case_opened` of the type `linli.service_desk.case_opened.v1`."""
        return self.type.split(".")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFact:
    """All that evaluation counts of one request and its case.

    Times are aware UTC; null means not (yet) so.
    """

    request_id: UUID
    digest: str
    """SHA-256 over the events it was folded from."""
    case_id: UUID | None = None
    grid_code: str | None = None
    community_code: str | None = None
    subdistrict_code: str | None = None
    district_code: str | None = None
    category: str | None = None
    domain: str | None = None
    channel: str | None = None
    priority: str | None = None
    status: str | None = None
    """One of `STATUSES`; null before any of these is known."""
    cancel_reason: str | None = None
    reject_reason: str | None = None
    registered_at: datetime | None = None
    opened_at: datetime | None = None
    answer_due_at: datetime | None = None
    answered_at: datetime | None = None
    """When a provider first accepted."""
    first_dispatched_at: datetime | None = None
    dispatched_at: datetime | None = None
    due_at: datetime | None = None
    resolved_at: datetime | None = None
    """When the work was last reported as done; null again after a rework."""
    closed_at: datetime | None = None
    cancelled_at: datetime | None = None
    rated_at: datetime | None = None
    unit_id: UUID | None = None
    """The unit that has or last had the case; null after it declined or returned it."""
    resource_id: UUID | None = None
    suspended: bool = False
    overdue_answer: bool = False
    overdue_finish: bool = False
    """Whether the limit now in force passed without a report."""
    imported: bool = False
    dispatches: int = 0
    declines: int = 0
    returns: int = 0
    unmatched: int = 0
    escalations: int = 0
    extensions: int = 0
    checks: int = 0
    """Checks on site of work reported as done, passed or failed."""
    reworks: int = 0
    reopened: int = 0
    answered: bool | None = None
    solved: bool | None = None
    satisfaction: int | None = None
    working_hours: float | None = None
    """From dispatch to the provider's report; without the resident's delay in rating."""
    elapsed_hours: float | None = None
    """From registering to closing, by the clock on the wall."""


_KINDS: dict[str, FieldKind] = {
    "str": "text",
    "datetime": "time",
    "int": "number",
    "float": "number",
    "bool": "flag",
}

FACT_FIELDS: dict[str, FieldKind] = {
    field.name: _KINDS[kind]
    for field in fields(CaseFact)
    if (kind := str(field.type).removesuffix(" | None")) in _KINDS
}
"""What an indicator may look at; ids are nothing to compare."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedFact(CaseFact):
    """A fact with the events it was folded from, by time."""

    events: Sequence[FactEvent] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseContribution(Contribution):
    """What one case adds to an indicator."""

    request_id: UUID
    case_id: UUID | None
    at: datetime
    """The time that put it into the period."""
    changed: bool
    """Whether events came in after the period was closed."""


@dataclass(frozen=True, slots=True)
class StatusFigure:
    """Requests of one subject and status; `whole` is true where they are of any status."""

    subject: str | None
    status: str | None
    cancel_reason: str | None
    whole: bool
    cases: int
    median_elapsed_hours: float | None


@dataclass(frozen=True, slots=True)
class SubjectFigures:
    """Requests of one subject; null for those outside every grid or with no unit."""

    subject: str | None
    name: str | None
    total: StatusFigure
    statuses: Sequence[StatusFigure]


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts of the requests that were registered from `start` up to, not including, `end`."""

    level: SubjectLevel
    start: datetime | None
    end: datetime | None
    items: Sequence[SubjectFigures]
    next: str | None
