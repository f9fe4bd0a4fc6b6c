"""Counting the rows of sources.

One statement per source counts for all indicators and levels; another shows the rows behind one
indicator of one subject.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from linli_chassis.http import PageRequest

from linli_evaluation.calendar import Bounds
from linli_evaluation.indicators import Definitions, Indicator, counts_row, measures, share
from linli_evaluation.scorecards.domain.cards import Measure, SubjectCounts
from linli_evaluation.scorecards.domain.closings import Basis
from linli_evaluation.sources import (
    SOURCES,
    Contribution,
    Source,
    SubjectLevel,
    rows_of,
)
from linli_evaluation.tables import Columns, Condition, Select, columns_of


def count_levels(
    connection: sa.Connection, basis: Basis, levels: Sequence[SubjectLevel]
) -> dict[SubjectLevel, dict[str, SubjectCounts]]:
    """What all indicators count for every subject of some levels in a period."""
    subjects: dict[SubjectLevel, dict[str, SubjectCounts]] = {level: {} for level in levels}
    for source in SOURCES.values():
        indicators = _over(source, basis.definitions)
        counted = [level for level in levels if level in source.levels]
        if not indicators or not counted:
            continue
        query = _counts(rows_of(source, basis.key), indicators, counted, basis.bounds)
        for row in connection.execute(query).mappings():
            level = next(level for level in counted if row[f"is_{level}"])
            if row[level] is None:  # outside every grid, or with no unit
                continue
            counts = subjects[level].setdefault(str(row[level]), SubjectCounts())
            counts.cases += row["cases"] if source.timed else 0
            counts.measures.update(
                {each.code: _measure(row, index) for index, each in enumerate(indicators)}
            )
    return subjects


def counted_rows(source: Source, definitions: Definitions, bounds: Bounds) -> Condition:
    """Whether any indicator counts a live row; rows without times are all copied at a closing."""
    if not source.timed:
        return sa.true()
    columns = columns_of(source.live)
    return sa.or_(
        sa.false(), *(counts_row(each, columns, bounds) for each in _over(source, definitions))
    )


def contributions(
    connection: sa.Connection,
    basis: Basis,
    indicator: Indicator,
    subject: tuple[SubjectLevel, str],
    region: str,
    request: PageRequest,
) -> list[Contribution]:
    """The rows that an indicator counts for one subject and what each adds, by id.

    Args:
        subject: its level and its code or id.
        region: a region; what lies outside of it is left out. Empty for all.
        request: one row more than its limit is fetched.
    """
    source = SOURCES[indicator.over]
    rows = rows_of(source, basis.key)
    columns = columns_of(rows)
    level, code = subject
    counted = counts_row(indicator, columns, basis.bounds)
    key = columns[source.key]
    query = _opened(indicator, source, rows).where(_subject(columns, level) == code, counted)
    if region:
        query = query.where(columns["grid_code"].startswith(region, autoescape=True))
    if request.after:
        query = query.where(sa.cast(key, sa.Text) > str(request.after[0]))
    opened = connection.execute(query.order_by(key).limit(request.limit + 1)).mappings()
    return [
        source.contribution(**{name: _exact(value) for name, value in row.items()})
        for row in opened
    ]


def _over(source: Source, definitions: Definitions) -> list[Indicator]:
    return [each for each in definitions.indicators if each.over == source.name]


def _opened(indicator: Indicator, source: Source, rows: sa.FromClause) -> Select:
    columns = columns_of(rows)
    numerator = share(indicator.numerator, columns) if indicator.numerator else sa.null()
    parts = [
        numerator.label("numerator"),
        share(indicator.denominator, columns).label("denominator"),
        (columns[indicator.value] if indicator.value else sa.null()).label("value"),
        *([columns[indicator.time].label("at")] if indicator.time else []),
    ]
    # The key of a source may be the grid itself.
    named = {str(each.key): each for each in (columns["grid_code"], *source.evidence(rows))}
    return sa.select(*parts, *named.values())


def _subject(columns: Columns, level: SubjectLevel) -> sa.ColumnElement[str]:
    return sa.cast(columns["unit_id"], sa.Text) if level == "unit" else columns[f"{level}_code"]


def _counts(
    rows: sa.FromClause,
    indicators: Sequence[Indicator],
    levels: Sequence[SubjectLevel],
    bounds: Bounds,
) -> Select:
    """The counts of several levels in one pass over the rows; each group is of one level.

    `is_<level>` says of which. A region is grouped with those above it, which changes no group and
    lets all levels of regions share one order of the rows.
    """
    columns = columns_of(rows)
    subjects = {each: columns["unit_id" if each == "unit" else f"{each}_code"] for each in levels}
    regions = [subject for level, subject in subjects.items() if level != "unit"]
    sets = [regions[: place + 1] for place in range(len(regions))]
    sets += [[subjects["unit"]]] if "unit" in subjects else []
    aggregates = [
        aggregate.label(f"{name}_{index}")
        for index, each in enumerate(indicators)
        for name, aggregate in measures(each, columns, bounds).items()
    ]
    marks = []
    for level, subject in subjects.items():
        below = regions[regions.index(subject) + 1 :] if level != "unit" else []
        is_lowest = [sa.func.grouping(lower) == 1 for lower in below]
        marks.append(sa.and_(sa.func.grouping(subject) == 0, *is_lowest).label(f"is_{level}"))
    named = [subject.label(level) for level, subject in subjects.items()]
    counted = sa.or_(*(counts_row(each, columns, bounds) for each in indicators))
    return (
        sa.select(*named, *marks, sa.func.count().label("cases"), *aggregates)
        .where(counted)
        .group_by(sa.func.grouping_sets(*(sa.tuple_(*each) for each in sets)))
    )


def _measure(row: sa.RowMapping, index: int) -> Measure:
    return Measure(
        denominator=_exact(row[f"denominator_{index}"]) or 0,
        numerator=_exact(row.get(f"numerator_{index}")),
        value=_exact(row.get(f"value_{index}")),
        penalty=float(row.get(f"penalty_{index}") or 0),
    )


def _exact(value: Any) -> Any:
    """A numeric of PostgreSQL as an int where it is whole, as a count is, or else a float."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value
