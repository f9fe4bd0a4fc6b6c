"""Why a contact is read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

REASONS = (
    "call_back",
    "site_visit",
    "clarification",
    "outcome_notice",
    "complaint",
    "correction",
    "audit",
    "other",
)


@dataclass(frozen=True, slots=True)
class ReadContact:
    """Read the resident's words and contact, for a reason."""

    reason: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Who read the contact of a request, when and why.

    `words` are encrypted for the request. Before there was a list, `reason` was free text.
    """

    access_id: int
    request_id: UUID
    account: str
    reason: str
    words: str | None
    accessed_at: datetime
