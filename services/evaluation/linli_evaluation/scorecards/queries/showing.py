"""Scorecards as people see them: a list, one opened, and the cases behind an indicator."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from linli_chassis.http import Actor, PageRequest, page
from linli_chassis.process.offload import run_in_thread
from linli_contracts.identity import ForeignRegion
from linli_kernel.errors import NotFound

from linli_evaluation.calendar import parse_period
from linli_evaluation.indicators import Indicator, load_stored
from linli_evaluation.roles import REGIONAL
from linli_evaluation.scorecards.domain.cards import Line, Scorecard, score_level
from linli_evaluation.scorecards.domain.closings import Basis
from linli_evaluation.scorecards.queries.counting import contributions, count_levels
from linli_evaluation.scorecards.tables import (
    is_scored,
    latest_closing,
    lock_scoring,
    replace_live_scorecards,
    stored_cards,
)
from linli_evaluation.settings import Uow
from linli_evaluation.sources import (
    SOURCES,
    Contribution,
    SubjectLevel,
    level_of,
    lineage,
    names_of,
    region_of_unit,
    version_of_sources,
)
from linli_evaluation.tables import Column, Condition

SCORING = 1
"""Raise it when counting or scoring changes: what is live is scored anew then."""


@dataclass(frozen=True, kw_only=True)
class ScorecardsQuery(PageRequest):
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
    """A page of the scorecards of a level, the best first."""

    basis: Basis
    level: SubjectLevel
    items: Sequence[NamedScorecard]
    next: str | None


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


def is_visible(actor: Actor, level: SubjectLevel, subject: Column) -> Condition:
    """Whether a caller may see a subject of a level: in their region, or their own unit."""
    region, own_unit = actor.region, actor.unit_id
    within: Condition = sa.false()
    if region and not actor.roles.isdisjoint(REGIONAL):
        within = subject.startswith(region, autoescape=True)
        if level == "unit":
            place = region_of_unit(subject).startswith(region, autoescape=True)
            within = sa.func.coalesce(place, sa.literal(actor.covers(None)))
    if level != "unit" or own_unit is None:
        return within
    return sa.or_(within, subject == str(own_unit))


def basis_of(uow: Uow, code: str) -> Basis:
    """What the scorecards of a period rest on. Raises `BadPeriod`."""
    period = parse_period(code)
    bounds = period.bounds(uow.settings.time_zone)
    closing = latest_closing(uow.connection, code)
    if closing is None:
        return Basis(code, bounds, uow.settings.definitions)
    definitions = load_stored(uow.connection, closing.definitions_hash)
    return Basis(code, bounds, definitions, closing)


def scorecards_of(uow: Uow, basis: Basis, level: SubjectLevel) -> sa.Subquery:
    """The scorecards of a level as rows: as stored at the closing, or live while it is open."""
    if basis.key is None:
        _score_live(uow, basis, level)
    return stored_cards(basis.period, basis.key, level)


def _score_live(uow: Uow, basis: Basis, level: SubjectLevel) -> None:
    """Score a level of an open period, unless nothing has changed since it was last scored."""
    connection, bounds = uow.connection, " ".join(map(str, basis.bounds))
    scored_by = f"{SCORING} {basis.definitions.hash} {bounds} {uow.district}"
    if is_scored(connection, basis.period, level, scored_by, version_of_sources(connection)):
        return
    lock_scoring(connection, level)
    version = version_of_sources(connection)  # before anything is counted
    if is_scored(connection, basis.period, level, scored_by, version):
        return
    scoring = {
        "period": basis.period,
        "level": level,
        "basis": scored_by,
        "version": version,
        "scored_at": uow.now,
    }
    replace_live_scorecards(connection, scoring, compute(uow, basis, [level])[level])


def compute(
    uow: Uow, basis: Basis, levels: Iterable[SubjectLevel]
) -> dict[SubjectLevel, list[Scorecard]]:
    """Count and score levels.

    The levels above are counted too: values of few cases are shrunk towards theirs. A rank is among
    all of a level, so that all of it is scored, once, even if one subject is asked for.
    """
    wanted = list(levels)
    needed = dict.fromkeys(above for level in wanted for above in lineage(level))
    counts = count_levels(uow.connection, basis, list(needed))
    return {
        level: run_in_thread(score_level, basis.definitions, counts, level, uow.district)
        for level in wanted
    }


def list_scorecards(uow: Uow, actor: Actor, query: ScorecardsQuery) -> ScorecardList:
    """The scorecards of a level that the caller may see; ranks are among all of the district."""
    basis = basis_of(uow, query.period)
    rows = scorecards_of(uow, basis, query.level)
    wanted = [is_visible(actor, query.level, rows.c.subject)]
    if query.parent is not None:
        place = region_of_unit(rows.c.subject) if query.level == "unit" else rows.c.subject
        wanted.append(place.startswith(query.parent, autoescape=True))
    if query.after:
        wanted.append(rows.c.place > query.after[0])
    chosen = sa.select(rows.c.place, rows.c.card).where(*wanted).order_by(rows.c.place)
    places = uow.connection.execute(chosen.limit(query.limit + 1)).all()
    shown = page(places, query, position=lambda row: [row.place])
    cards = [Scorecard.of(row.card) for row in shown.items]
    names = names_of(uow.connection, query.level, [card.subject for card in cards])
    items = [NamedScorecard(card, names.get(card.subject)) for card in cards]
    return ScorecardList(basis, query.level, items, shown.next)


def open_scorecard(uow: Uow, actor: Actor, subject: str, query: PeriodQuery) -> OpenedScorecard:
    """One scorecard, each indicator with what it is.

    Raises:
        NotFound: it is no subject, or nothing counted for it in the period.
        ForeignRegion: the caller may not see it.
    """
    level = _visible_level(uow, actor, subject)
    basis = basis_of(uow, query.period)
    rows = scorecards_of(uow, basis, level)
    values = uow.connection.scalar(sa.select(rows.c.card).where(rows.c.subject == subject))
    if values is None:
        raise NotFound(
            "Nothing counted for {subject} in {period}.", subject=subject, period=query.period
        )
    card = Scorecard.of(values)
    indicators = {each.code: each for each in basis.definitions.indicators}
    lines = [OpenedLine(line, indicators[line.code]) for line in card.indicators]
    name = names_of(uow.connection, level, [subject]).get(subject)
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
    # A unit works in many regions: of its cases a caller sees those in their own region, unless it
    # is their own unit.
    own_unit = actor.unit_id is not None and str(actor.unit_id) == subject
    region = "" if own_unit or actor.covers(None) else actor.region
    rows = contributions(uow.connection, basis, indicator, (level, subject), region, query)
    key = SOURCES[indicator.over].key
    shown = page(rows, query, position=lambda row: [getattr(row, key)])
    return ContributionPage(basis, indicator.code, shown.items, shown.next)


def _visible_level(uow: Uow, actor: Actor, subject: str) -> SubjectLevel:
    level = level_of(subject)
    if level is None:
        raise NotFound("{subject} is no region code and no unit id.", subject=subject)
    visible = is_visible(actor, level, sa.literal(subject))
    if not uow.connection.scalar(sa.select(visible)):
        raise ForeignRegion
    return level
