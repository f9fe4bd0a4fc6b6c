"""Counting facts and grids: one statement per level for all indicators, and one for the cases
behind one of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from linli_evaluation import predicates
from linli_evaluation.domain.indicators import GRID_FIELDS, Definitions, Indicator
from linli_evaluation.domain.scorecards import Measure, Subject
from linli_evaluation.store.tables import closed_fact, closed_grid, fact, fact_event, grid, staffing

Bounds = tuple[datetime, datetime]

GRID_COLUMNS = ("grid_code", "community_code", "subdistrict_code", "district_code")


@dataclass(frozen=True, slots=True)
class Sources:
    """Where indicators look: facts and grids as they stand, or as they stood when a period was
    closed.
    """

    facts: sa.FromClause
    grids: sa.FromClause

    def of(self, indicator: Indicator) -> sa.FromClause:
        """The source that an indicator is defined over."""
        return self.facts if indicator.over == "facts" else self.grids


def staffed_grids() -> sa.Select[Any]:
    """The grids as they stand: region codes, size, active workers by duty, and the events that say
    so.
    """
    duties = [
        sa.func.count().filter(staffing.c.active, staffing.c.duty == duty).label(duty)
        for duty in ("full_time", "part_time", "deputy")
    ]
    told = sa.func.array_agg(staffing.c.event_id.op("ORDER BY")(staffing.c.event_id)).filter(
        staffing.c.event_id.is_not(None)
    )
    return (
        sa.select(
            grid.c.grid_code,
            sa.func.left(grid.c.grid_code, 12).label("community_code"),
            sa.func.left(grid.c.grid_code, 9).label("subdistrict_code"),
            sa.func.left(grid.c.grid_code, 6).label("district_code"),
            grid.c.households,
            grid.c.area_m2,
            *duties,
            sa.func.array_prepend(
                grid.c.event_id, sa.func.coalesce(told, sa.text("'{}'::uuid[]"))
            ).label("event_ids"),
        )
        .select_from(grid.outerjoin(staffing, staffing.c.grid_code == grid.c.grid_code))
        .group_by(grid.c.grid_code)
    )


def live() -> Sources:
    """Facts and grids as they stand."""
    return Sources(fact, staffed_grids().subquery("staffed"))


def closed(period: str, revision: int) -> Sources:
    """Facts and grids as they stood at a closing."""

    def of(table: sa.Table) -> sa.FromClause:
        rows = sa.select(
            *(column for column in table.columns if column.name not in ("period", "revision"))
        )
        return rows.where(table.c.period == period, table.c.revision == revision).subquery(
            table.name
        )

    return Sources(of(closed_fact), of(closed_grid))


def count(
    connection: sa.Connection,
    definitions: Definitions,
    sources: Sources,
    level: str,
    bounds: Bounds,
) -> dict[str, Subject]:
    """What all indicators find for every subject of a level in a period."""
    subjects: dict[str, Subject] = {}
    for source in (sources.facts, sources.grids):
        indicators = [each for each in definitions.indicators if sources.of(each) is source]
        if indicators and (level != "unit" or source is sources.facts):
            for row in connection.execute(_counts(source, indicators, level, bounds)).mappings():
                found = subjects.setdefault(str(row["subject"]), Subject())
                found.cases += row["cases"] if source is sources.facts else 0
                found.measures.update(
                    {each.code: _measure(row, index) for index, each in enumerate(indicators)}
                )
    return subjects


def counted(
    definitions: Definitions, facts: sa.FromClause, bounds: Bounds
) -> sa.ColumnElement[bool]:
    """Whether any indicator looks at a fact."""
    over_facts = [each for each in definitions.indicators if each.over == "facts"]
    return sa.or_(
        sa.false(), *(predicates.looked_at(each, columns_of(facts), bounds) for each in over_facts)
    )


def cases(
    connection: sa.Connection,
    indicator: Indicator,
    sources: Sources,
    bounds: Bounds,
    subject: tuple[str, str],
    after: Sequence[Any] | None,
    limit: int,
    within: str,
) -> list[dict[str, Any]]:
    """The rows that an indicator looks at for one subject `(level, code)`, and what each adds, by
    id.

    Args:
        within: a region; what lies outside of it is left out. Empty for all.
    """
    source = sources.of(indicator)
    columns = columns_of(source)
    rows = _opened(indicator, source, columns)
    rows = rows.where(
        _subject(columns, subject[0]) == subject[1],
        predicates.looked_at(indicator, columns, bounds),
    )
    key = columns["request_id"] if indicator.over == "facts" else columns["grid_code"]
    if within:
        rows = rows.where(columns["grid_code"].startswith(within, autoescape=True))
    if after:
        rows = rows.where(sa.cast(key, sa.Text) > str(after[0]))
    found = connection.execute(rows.order_by(key).limit(limit)).mappings()
    return [{name: _number(value) for name, value in row.items()} for row in found]


def columns_of(source: sa.FromClause) -> dict[str, sa.ColumnElement[Any]]:
    """The columns of a source by name."""
    return {str(column.key): column for column in source.columns}


def _opened(
    indicator: Indicator, source: sa.FromClause, columns: predicates.Columns
) -> sa.Select[Any]:
    ratio = indicator.numerator is not None
    parts = [
        (
            predicates.share(indicator.numerator, columns) if indicator.numerator else sa.null()
        ).label("numerator"),
        predicates.share(indicator.denominator, columns).label("denominator"),
        (sa.null() if ratio else columns[str(indicator.value)]).label("value"),
        columns["grid_code"],
    ]
    if indicator.over == "grids":
        return sa.select(*parts, columns["event_ids"])
    request_id = columns["request_id"]
    told = sa.select(fact_event.c.event_id).where(fact_event.c.request_id == request_id)
    event_ids = sa.func.array(
        told.order_by(fact_event.c.time, fact_event.c.event_id).scalar_subquery()
    )
    now = (
        sa.select(fact.c.digest)
        .where(fact.c.request_id == request_id)
        .correlate(source)
        .scalar_subquery()
    )
    changed = sa.false() if source is fact else columns["digest"] != now
    at = columns[str(indicator.time)].label("at")
    return sa.select(
        *parts,
        request_id,
        columns["case_id"],
        at,
        event_ids.label("event_ids"),
        changed.label("changed"),
    )


def _subject(columns: predicates.Columns, level: str) -> sa.ColumnElement[Any]:
    return sa.cast(columns["unit_id"], sa.Text) if level == "unit" else columns[f"{level}_code"]


def _counts(
    source: sa.FromClause, indicators: Iterable[Indicator], level: str, bounds: Bounds
) -> sa.Select[Any]:
    columns = columns_of(source)
    subject = columns["unit_id"] if level == "unit" else columns[f"{level}_code"]
    found = [
        expression.label(f"{name}_{index}")
        for index, each in enumerate(indicators)
        for name, expression in predicates.measures(each, columns, bounds).items()
    ]
    looked_at = sa.or_(*(predicates.looked_at(each, columns, bounds) for each in indicators))
    rows = sa.select(subject.label("subject"), sa.func.count().label("cases"), *found)
    return rows.where(subject.is_not(None), looked_at).group_by(subject)


def _measure(row: sa.RowMapping, index: int) -> Measure:
    return Measure(
        denominator=_number(row[f"denominator_{index}"]) or 0,
        numerator=_number(row.get(f"numerator_{index}")),
        value=_number(row.get(f"value_{index}")),
        penalty=float(row.get(f"penalty_{index}") or 0),
    )


def _number(value: Any) -> Any:
    """An exact numeric of PostgreSQL as an int where it is whole, as a count is, or else a float;
    the rest as it is.
    """
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


assert set(GRID_FIELDS) <= {column.key for column in closed_grid.columns}  # noqa: S101  # a snapshot holds what can be asked
