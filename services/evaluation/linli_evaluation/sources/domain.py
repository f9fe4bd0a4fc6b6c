"""What is scored, and what the sources that indicators count have in common."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args
from uuid import UUID

from linli_kernel.codes import InvalidRegionCode, RegionCode

SubjectLevel = Literal["district", "subdistrict", "community", "grid", "unit"]

LEVELS: tuple[SubjectLevel, ...] = get_args(SubjectLevel)
"""What is scored. Never a resident."""

FieldKind = Literal["text", "time", "number", "flag"]

SourceName = Literal["facts", "grids"]

Number = int | float
"""A number as it was counted: a count stays whole."""

_ABOVE: dict[SubjectLevel, SubjectLevel] = {
    "subdistrict": "district",
    "community": "subdistrict",
    "grid": "community",
    "unit": "district",
}

_UNIT_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class ClosingKey(NamedTuple):
    """Names one closing of a period; copies of rows and stored scorecards belong to it."""

    period: str
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """What one row adds to an indicator of a subject, and the events that it rests on."""

    numerator: Number | None
    denominator: Number
    value: float | None
    grid_code: str | None
    event_ids: list[UUID]


def lineage(level: SubjectLevel) -> tuple[SubjectLevel, ...]:
    """A level and all above it, from the top."""
    above = _ABOVE.get(level)
    return (*lineage(above), level) if above else (level,)


def level_of(subject: str) -> SubjectLevel | None:
    """The level of a region code or unit id; None when it is neither."""
    if _UNIT_ID.fullmatch(subject):
        return "unit"
    try:
        region_level = RegionCode(subject).level
    except InvalidRegionCode:
        return None
    return next(level for level in LEVELS if level == region_level)


def parent_of(subject: str, level: SubjectLevel, district: str) -> str | None:
    """The subject right above, whose values those of few cases are shrunk towards."""
    return district if level == "unit" else RegionCode(subject).parent
