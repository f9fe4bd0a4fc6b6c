"""What an evaluator asks for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosePeriod:
    """Close a period; `early` although it still runs."""

    early: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisePeriod:
    """Score a closed period anew."""

    reason: str
