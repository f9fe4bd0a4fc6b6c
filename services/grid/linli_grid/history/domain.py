"""A request of an older system: its record, its id here, and what its times have to keep."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from linli_kernel.errors import Invalid

_HISTORY = UUID("b6c9a3de-5d0e-5c53-8f29-0c6f3f1f5b5a")
"""Namespace of the ids of imported requests; never change it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoricRequest:
    """A request as the older system has it; `external_ref` is its number there."""

    external_ref: str
    category: str
    channel: str
    longitude: float | None
    latitude: float | None
    coordinate_system: str
    registered_at: datetime
    outcome: str
    ended_at: datetime | None
    reason: str | None


def history_id(district: str, source: str, external_ref: str) -> UUID:
    """The id of an imported request: always the same, so that importing it again adds nothing."""
    # The lengths keep ("a/b", "c") and ("a", "b/c") apart.
    return uuid5(_HISTORY, f"{district}/{len(source)}/{source}/{external_ref}")


def check_times(item: HistoricRequest, now: datetime) -> None:
    """Raise `Invalid` for times in the future, and for an end before the beginning."""
    if item.registered_at > now:
        raise Invalid("This time is in the future.", pointer="/registered_at")
    if item.ended_at is None:
        return
    if item.ended_at > now:
        raise Invalid("This time is in the future.", pointer="/ended_at")
    if item.ended_at < item.registered_at:
        raise Invalid("It ended before it was registered.", pointer="/ended_at")
