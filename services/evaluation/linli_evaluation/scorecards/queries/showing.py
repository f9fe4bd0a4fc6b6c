"""Scorecards as people see them: a list, one opened, and the cases behind an indicator."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from linli_chassis.http import Actor, PageRequest, page
from linli_chassis.process.offload import run_in_thread
from linli_contracts.identity import ForeignRegion
from linli_kernel.errors import NotFound

from linli_evaluation.calendar import parse_period
from linli_evaluation.indicators import Indicator, load_stored
from linli_evaluation.scorecards.domain.cards import Line, Scorecard, score_level
from linli_evaluation.scorecards.domain.closings import Basis
from linli_evaluation.scorecards.queries.counting import contributions, count_subjects
from linli_evaluation.scorecards.tables import latest_closing, stored_scorecards
from linli_evaluation.settings import Uow
from linli_evaluation.sources import (
    SOURCES,
    Contribution,
    SubjectLevel,
    level_of,
    lineage,
    names_of,
    unit_regions,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScorecardsQuery:
    """Which scorecards to list; `parent` is the code of a region that they lie in."""

    level: SubjectLevel
    period: str
    parent: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodQuery:
    """Which period."""

    period: str


@dataclass(frozen=True, kw_only=True)
class ContributionsQuery(PageRequest):
    """Which indicator of a scorecard to open."""

    period: str
    indicator: str


@dataclass(frozen=True, slots=True)
class NamedScorecard:
    """A scorecard with the name of its subject, where it is known."""

    card: Scorecard
    name: str | None


@dataclass(frozen=True, slots=True)
class ScorecardList:
    """The scorecards of a level, the best first."""

    basis: Basis
    level: SubjectLevel
    items: Sequence[NamedScorecard]


@dataclass(frozen=True, slots=True)
class OpenedLine:
    """One indicator of a scorecard, with what it is."""

    line: Line
    indicator: Indicator


@dataclass(frozen=True, slots=True)
class OpenedScorecard:
    """One scorecard, opened down to its indicators."""

    basis: Basis
    card: Scorecard
    name: str | None
    subject_level: SubjectLevel
    indicators: Sequence[OpenedLine]


@dataclass(frozen=True, slots=True)
class ContributionPage:
    """A page of the rows behind one indicator of a scorecard."""

    basis: Basis
    indicator: str
    items: Sequence[Contribution]
    next: str | None


class Visibility:
    """Which subjects of a level a caller may see: those in their region, and their own unit."""

    def __init__(self, uow: Uow, actor: Actor, level: SubjectLevel) -> None:
        self._region = actor.region
        self._own_unit = str(actor.unit_id) if level == "unit" and actor.unit_id else None
        self._actor = actor
        self._unit_regions = unit_regions(uow.connection) if level == "unit" else None

    def shows(self, subject: str, parent: str | None = None) -> bool:
        """Whether the caller sees a subject, and it lies in the region `parent`, if any."""
        region = subject if self._unit_regions is None else self._unit_regions.get(subject)
        if parent is not None and not (region or "").startswith(parent):
            return False
        return subject == self._own_unit or self._actor.covers(region)


def basis_of(uow: Uow, code: str) -> Basis:
    """What the scorecards of a period rest on. Raises `BadPeriod`."""
    period = parse_period(code)
    bounds = period.bounds(uow.settings.time_zone)
    closing = latest_closing(uow.connection, code)
    if closing is None:
        return Basis(code, bounds, uow.settings.definitions)
    definitions = load_stored(uow.connection, closing.definitions_hash)
    return Basis(code, bounds, definitions, closing)


def scorecards_of(uow: Uow, basis: Basis, level: SubjectLevel) -> list[Scorecard]:
    """The scorecards of a level, the best first: as stored, or computed while it is open."""
    if basis.key is not None:
        return stored_scorecards(uow.connection, basis.key, level)
    return compute(uow, basis, [level])[level]


def compute(
    uow: Uow, basis: Basis, levels: Iterable[SubjectLevel]
) -> dict[SubjectLevel, list[Scorecard]]:
    """Count and score levels.

    The levels above are counted too: values of few cases are shrunk towards theirs. A rank is among
    all of a level, so that all of it is scored, once, even if one subject is asked for.
    """
    wanted = list(levels)
    needed = dict.fromkeys(above for level in wanted for above in lineage(level))
    counts = {level: count_subjects(uow.connection, basis, level) for level in needed}
    return {
        level: run_in_thread(score_level, basis.definitions, counts, level, uow.district)
        for level in wanted
    }


def list_scorecards(uow: Uow, actor: Actor, query: ScorecardsQuery) -> ScorecardList:
    """The scorecards of a level that the caller may see; ranks are among all of the district."""
    basis = basis_of(uow, query.period)
    names = names_of(uow.connection, query.level)
    visible = Visibility(uow, actor, query.level)
    items = [
        NamedScorecard(card, names.get(card.subject))
        for card in scorecards_of(uow, basis, query.level)
        if visible.shows(card.subject, query.parent)
    ]
    return ScorecardList(basis, query.level, items)


def open_scorecard(uow: Uow, actor: Actor, subject: str, query: PeriodQuery) -> OpenedScorecard:
    """One scorecard, each indicator with what it is.

    Raises:
        NotFound: it is no subject, or nothing counted for it in the period.
        ForeignRegion: the caller may not see it.
    """
    level = _visible_level(uow, actor, subject)
    basis = basis_of(uow, query.period)
    cards = scorecards_of(uow, basis, level)
    card = next((card for card in cards if card.subject == subject), None)
    if card is None:
        raise NotFound(
            "Nothing counted for {subject} in {period}.", subject=subject, period=query.period
        )
    indicators = {each.code: each for each in basis.definitions.indicators}
    lines = [OpenedLine(line, indicators[line.code]) for line in card.indicators]
    name = names_of(uow.connection, level).get(subject)
    return OpenedScorecard(basis, card, name, level, lines)


def list_contributions(
    uow: Uow, actor: Actor, subject: str, query: ContributionsQuery
) -> ContributionPage:
    """A page of the cases (or grids) that an indicator counted for a subject, and what each added.

    Raises:
        NotFound: it is no subject, or there is no such indicator.
        ForeignRegion: the caller may not see it.
    """
    level = _visible_level(uow, actor, subject)
    basis = basis_of(uow, query.period)
    indicator = basis.definitions.find(query.indicator)
    if indicator is None or level not in SOURCES[indicator.over].levels:
        raise NotFound(
            "There is no indicator {indicator} here.",
            pointer="/indicator",
            indicator=query.indicator,
        )
    # A unit works in many regions: of its cases a caller sees those in their own region.
    region = "" if actor.covers(None) else actor.region
    rows = contributions(uow.connection, basis, indicator, (level, subject), region, query)
    key = SOURCES[indicator.over].key
    shown = page(rows, query, position=lambda row: [getattr(row, key)])
    return ContributionPage(basis, indicator.code, shown.items, shown.next)


def _visible_level(uow: Uow, actor: Actor, subject: str) -> SubjectLevel:
    level = level_of(subject)
    if level is None:
        raise NotFound("{subject} is no region code and no unit id.", subject=subject)
    if not Visibility(uow, actor, level).shows(subject):
        raise ForeignRegion
    return level
