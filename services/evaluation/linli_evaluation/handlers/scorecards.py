"""Scorecards of a period: stored ones when it is closed, computed from the facts as they stand
while it is open.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from linli_chassis.http import Principal, Problem, page
from linli_chassis.process.offload import offload
from linli_chassis.storage.unit_of_work import UnitOfWork

from linli_evaluation.domain import definitions as reading
from linli_evaluation.domain import periods, scorecards
from linli_evaluation.domain.errors import NotFound
from linli_evaluation.domain.indicators import Definitions, Indicator
from linli_evaluation.domain.periods import Period
from linli_evaluation.store import closings, counting, names
from linli_evaluation.store.counting import Sources

Card = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Basis:
    """What the scorecards of a period rest on. `closing` is null while the period is open."""

    period: Period
    closing: Mapping[str, Any] | None
    definitions: Definitions
    sources: Sources

    @property
    def told(self) -> dict[str, Any]:
        """The part of an answer that says what it rests on."""
        closing = self.closing or {}
        return {
            "period": self.period.code,
            "closed": self.closing is not None,
            "revision": closing.get("revision"),
            "definitions_hash": self.definitions.hash,
            "inputs_hash": closing.get("inputs_hash"),
        }


def basis(uow: UnitOfWork, code: str) -> Basis:
    """The basis of a period. Raises `BadPeriod`."""
    period = periods.parse(code)
    closing = closings.newest(uow.connection, code)
    if closing is None:
        return Basis(period, None, uow.settings.definitions, counting.live())
    document = closings.definitions_document(uow.connection, closing["definitions_hash"])
    return Basis(
        period, closing, reading.load(document), counting.closed(code, closing["revision"])
    )


def cards_of(uow: UnitOfWork, rests_on: Basis, level: str) -> list[Card]:
    """The scorecards of a level, the best first."""
    if rests_on.closing is not None:
        return closings.scorecards(
            uow.connection, (rests_on.period.code, rests_on.closing["revision"]), level
        )
    return compute(uow, rests_on, [level])[level]


def compute(uow: UnitOfWork, rests_on: Basis, levels: Iterable[str]) -> dict[str, list[Card]]:
    """Count and score; the levels above are counted too, since small subjects are drawn towards
    them.
    """
    bounds = rests_on.period.bounds(uow.settings.time_zone)
    needed = dict.fromkeys(above for level in levels for above in scorecards.lineage(level))
    counts = {
        level: counting.count(uow.connection, rests_on.definitions, rests_on.sources, level, bounds)
        for level in needed
    }
    return {
        level: offload(scorecards.scorecards, rests_on.definitions, counts, level, uow.district)
        for level in levels
    }


def list_scorecards(
    uow: UnitOfWork, principal: Principal, query: Mapping[str, Any]
) -> dict[str, Any]:
    """The scorecards of a level that the caller may see. Places are among all of the district."""
    rests_on, level = basis(uow, query["period"]), query["level"]
    called, seen = names.names(uow.connection, level), _Sight(uow, principal, level)
    cards = [
        card for card in cards_of(uow, rests_on, level) if seen(card["subject"], query["parent"])
    ]
    return {
        "level": level,
        **rests_on.told,
        "items": [{**card, "name": called.get(card["subject"])} for card in cards],
    }


def scorecard(uow: UnitOfWork, principal: Principal, subject: str, code: str) -> dict[str, Any]:
    """One scorecard, each indicator with its name, weight and target.

    Raises:
        NotFound: nothing counted for this subject in the period.
    """
    level, rests_on = _level_seen(uow, principal, subject), basis(uow, code)
    card = next(
        (card for card in cards_of(uow, rests_on, level) if card["subject"] == subject), None
    )
    if card is None:
        raise NotFound("Nothing counted for {subject} in {period}.", subject=subject, period=code)
    defined = {each.code: each for each in rests_on.definitions.indicators}
    lines = [{**line, **described(defined[line["code"]])} for line in card["indicators"]]
    name = names.names(uow.connection, level).get(subject)
    return {**rests_on.told, **card, "subject_level": level, "name": name, "indicators": lines}


def described(indicator: Indicator) -> dict[str, Any]:
    """What an indicator is, for people to read."""
    told = (
        "code",
        "zh",
        "en",
        "source",
        "kind",
        "levels",
        "better",
        "weight",
        "target",
        "minimum",
        "shrinkage",
    )
    return {name: getattr(indicator, name) for name in told}


def list_cases(
    uow: UnitOfWork, principal: Principal, subject: str, query: Mapping[str, Any]
) -> dict[str, Any]:
    """A page of the cases (or grids) that an indicator looked at for a subject, and whether each
    counted.

    Raises:
        NotFound: there is no such indicator.
    """
    level, rests_on = _level_seen(uow, principal, subject), basis(uow, query["period"])
    found = [each for each in rests_on.definitions.indicators if each.code == query["indicator"]]
    if not found or (found[0].over == "grids" and level == "unit"):
        raise NotFound(
            "There is no indicator {indicator} here.",
            pointer="/indicator",
            indicator=query["indicator"],
        )
    bounds, limit = rests_on.period.bounds(uow.settings.time_zone), query["limit"]
    # A unit works in many regions: of its cases one sees those of one's own, unless it is one's own
    # unit.
    own = principal.unit_id is not None and str(principal.unit_id) == subject
    within = "" if own or principal.covers(None) else principal.region
    rows = counting.cases(
        uow.connection,
        found[0],
        rests_on.sources,
        bounds,
        (level, subject),
        query["after"],
        limit + 1,
        within,
    )
    key = "request_id" if found[0].over == "facts" else "grid_code"
    return {
        **rests_on.told,
        "indicator": found[0].code,
        **page(rows, limit, key=lambda row: [row[key]]),
    }


class _Sight:
    """Whether the caller may see a subject: their region covers it, or it is their own unit."""

    def __init__(self, uow: UnitOfWork, principal: Principal, level: str) -> None:
        self._principal = principal
        self._regions = names.unit_regions(uow.connection) if level == "unit" else None

    def __call__(self, subject: str, parent: str | None = None) -> bool:
        if self._regions is None:
            return self._principal.covers(subject) and subject.startswith(parent or "")
        region = self._regions.get(UUID(subject))
        own = self._principal.unit_id is not None and str(self._principal.unit_id) == subject
        return (own or self._principal.covers(region)) and (
            parent is None or (region or "").startswith(parent)
        )


def _level_seen(uow: UnitOfWork, principal: Principal, subject: str) -> str:
    level = scorecards.level_of(subject)
    if level is None:
        raise NotFound("{subject} is no region code and no unit id.", subject=subject)
    if not _Sight(uow, principal, level)(subject):
        raise Problem(403, "foreign-region", "This is outside the region of your account.")
    return level
