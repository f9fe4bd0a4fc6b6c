"""What evaluation knows of a request: its events as they are kept, and the one fact folded from
them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class FactEvent:
    """An event as evaluation keeps it. `data` holds JSON values; `subject` and `sequence` order one
    aggregate.
    """

    event_id: UUID
    type: str
    subject: str
    sequence: int
    time: datetime
    data: Mapping[str, Any]

    @property
    def fact(self) -> str:
        """The name in the past tense inside the type: `case_opened` of
        `linli.service_desk.case_opened.v1`.
        """
        return self.type.split(".")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """All that evaluation counts of one request and its case. Times are aware UTC; null means not
    (yet) so.
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
    """registered, rejected, resolved_on_spot, linked, open, closed or cancelled; null before any of
    these is known.
    """
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


FACT_FIELDS: dict[str, str] = {
    field.name: kind
    for field in fields(Fact)
    for kind, types in {
        "text": ("str", "str | None"),
        "time": ("datetime | None",),
        "number": ("int", "int | None", "float | None"),
        "flag": ("bool", "bool | None"),
    }.items()
    if field.type in types
}
"""What an indicator may look at, with the kind of each field: text, time, number or flag."""
