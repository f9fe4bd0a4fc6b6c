"""Cases as people see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from linli_service_desk.cases.domain.case import Case


@dataclass(frozen=True, slots=True)
class PossibleAction:
    """An action that the caller may take now, the fields it asks for, and where it leads."""

    action: str
    asks: tuple[str, ...]
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LastDispatch:
    """To whom a case was given last, and why."""

    resource_id: UUID
    unit_id: UUID
    by: str
    at: datetime
    reasons: Sequence[Mapping[str, object]]
    alternatives: Sequence[Mapping[str, object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """One thing that was done to a case. `note` is None for those who may not read it."""

    at: datetime
    account: str
    action: str
    from_state: str | None
    to_state: str
    reason: str | None
    resource_id: UUID | None
    note: str | None
    evidence: list[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedCase(Case):
    """A case in a list, with the names that go with its codes."""

    service_name: str
    unit_name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCase(ListedCase):
    """A case in full. `places` are names from the district down."""

    places: list[str]
    actions: list[PossibleAction]
    match: LastDispatch | None
    history: list[HistoryEntry]
