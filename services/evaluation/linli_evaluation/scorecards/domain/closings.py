"""The closing of a period, and what the scorecards of a period rest on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from linli_evaluation.calendar import Bounds
from linli_evaluation.indicators import Definitions
from linli_evaluation.sources import ClosingKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """One closing of a period; the first has revision 1, each later one a reason."""

    period: str
    revision: int
    closed_at: datetime
    closed_by: str
    reason: str | None
    definitions_hash: str
    inputs_hash: str = ""

    @property
    def key(self) -> ClosingKey:
        return ClosingKey(self.period, self.revision)


@dataclass(frozen=True, slots=True)
class Basis:
    """What the scorecards of a period rest on. `closing` is null while the period is open."""

    period: str
    bounds: Bounds
    definitions: Definitions
    closing: Closing | None = None

    @property
    def closed(self) -> bool:
        return self.closing is not None

    @property
    def key(self) -> ClosingKey | None:
        return self.closing.key if self.closing else None

    @property
    def revision(self) -> int | None:
        return self.closing.revision if self.closing else None

    @property
    def definitions_hash(self) -> str:
        return self.definitions.hash

    @property
    def inputs_hash(self) -> str | None:
        return self.closing.inputs_hash if self.closing else None


def hash_of(parts: Iterable[str]) -> str:
    """SHA-256, hex, of the parts, one a line."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
