"""Events of scorecards."""

from __future__ import annotations

from uuid import UUID

from marshmallow import validate

from linli_contracts.fields import Pattern, code, count, digest, identifier, integer, number
from linli_contracts.schema import EventData, event

SUBJECT = Pattern(
    r"^(\d{6,15}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$", error="Not a region code or unit id."
)


PERIOD = Pattern(
    r"^\d{4}(-(Q[1-4]|W(0[1-9]|[1-4]\d|5[0-3])|(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?))?$",
    error="Not a period, such as 2026-11.",
)


@event(producer="evaluation", key="scorecard_id")
class ScorecardPublished(EventData):
    """A scorecard of a region or organization was published for a closed period, or revised."""

    scorecard_id: UUID = identifier("The scorecard; ask evaluation for its details.", required=True)
    subject_kind: str = code(
        "What is scored; never a resident.",
        required=True,
        validate=validate.OneOf(("grid", "community", "subdistrict", "district", "unit")),
    )
    subject: str = code("Region code or unit id.", required=True, validate=SUBJECT)
    period: str = code(
        "2026, 2026-Q4, 2026-11, 2026-W47 or 2026-11-22.", required=True, validate=PERIOD
    )
    revision: int = count("1 for the first; more when corrected.", required=True)
    score: float | None = number(
        required=True,
        allow_none=True,
        metadata={"description": "Points of 100; null when too little is known."},
    )
    rank: int | None = integer(
        required=True,
        allow_none=True,
        metadata={"description": "Place among its peers, from 1."},
    )
    level: str | None = code(
        "Code of the level reached; null without a score.", required=True, allow_none=True
    )
    definitions_hash: str = digest("Of the indicator definitions.", required=True)
    inputs_hash: str = digest("Of the facts counted.", required=True)
