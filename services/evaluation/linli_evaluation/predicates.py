"""Conditions and counts of the definitions as SQL expressions over the columns of a source."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from linli_evaluation.domain.indicators import Count, Indicator, Sum
from linli_evaluation.domain.predicates import All, AnyOf, Not, Other, Predicate, Test

Columns = Mapping[str, sa.ColumnElement[Any]]

_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "is": operator.eq,
    "lt": operator.lt,
    "lte": operator.le,
    "gt": operator.gt,
    "gte": operator.ge,
}


def condition(predicate: Predicate, columns: Columns) -> sa.ColumnElement[bool]:
    """A condition that is never null: what is unknown is false, also under `not`."""
    match predicate:
        case All(parts):
            return sa.and_(sa.true(), *(condition(part, columns) for part in parts))
        case AnyOf(parts):
            return sa.or_(sa.false(), *(condition(part, columns) for part in parts))
        case Not(part):
            return sa.not_(condition(part, columns))
        case Test():
            return _test(predicate, columns)


def _test(test: Test, columns: Columns) -> sa.ColumnElement[bool]:
    column = columns[test.field]
    if test.operator == "set":
        return column.is_not(None) if test.value else column.is_(None)
    if test.operator == "in":
        compared = column.in_(test.value)
    else:
        value = columns[test.value.field] if isinstance(test.value, Other) else test.value
        compared = _COMPARE[test.operator](column, value)
    return sa.func.coalesce(compared, sa.false())


def looked_at(
    indicator: Indicator, columns: Columns, period: tuple[datetime, datetime]
) -> sa.ColumnElement[bool]:
    """Whether an indicator looks at a row: its time is in the period [start, end), and its
    condition holds.
    """
    fulfilled = condition(indicator.where, columns)
    if indicator.kind != "ratio":
        fulfilled = sa.and_(fulfilled, columns[str(indicator.value)].is_not(None))
    return (
        fulfilled
        if indicator.time is None
        else sa.and_(in_period(columns[indicator.time], period), fulfilled)
    )


def in_period(
    column: sa.ColumnElement[Any], period: tuple[datetime, datetime]
) -> sa.ColumnElement[bool]:
    """Whether a time lies in the period [start, end)."""
    return sa.and_(column >= period[0], column < period[1])


def share(part: Count | Sum, columns: Columns) -> sa.ColumnElement[Any]:
    """What one row adds to a numerator or denominator."""
    if isinstance(part, Sum):
        return sa.func.coalesce(sa.cast(columns[part.field], sa.Numeric), 0)
    return sa.case((condition(part.condition, columns), 1), else_=0)


def penalty(indicator: Indicator, columns: Columns) -> sa.ColumnElement[Any]:
    """Points that one row costs: each time from a tier's first on, up to the next tier's. Exact
    numerics.
    """
    times = columns[str(indicator.penalty_field)]
    ends = [sa.literal(tier.first) for tier in indicator.penalty[1:]] + [times + 1]
    costs = [
        sa.cast(sa.literal(str(tier.points)), sa.Numeric)
        * sa.func.greatest(0, sa.func.least(times + 1, end) - tier.first)
        for tier, end in zip(indicator.penalty, ends, strict=True)
    ]
    return sum(costs[1:], costs[0])


def measures(
    indicator: Indicator, columns: Columns, period: tuple[datetime, datetime]
) -> dict[str, Any]:
    """The aggregates of one indicator: `denominator` with `numerator`, or with `value`; and
    `penalty`, if any.

    All are independent of the order of the rows to the last bit: integers, exact numerics, and
    percentiles.
    """
    rows = looked_at(indicator, columns, period)
    found: dict[str, Any] = {
        "denominator": sa.func.sum(share(indicator.denominator, columns)).filter(rows)
    }
    if indicator.kind == "ratio" and indicator.numerator is not None:
        found["numerator"] = sa.func.sum(share(indicator.numerator, columns)).filter(rows)
    else:
        found["value"] = _statistic(indicator.kind, columns[str(indicator.value)], rows)
    if indicator.penalty_field:
        found["penalty"] = sa.func.sum(penalty(indicator, columns)).filter(rows)
    return found


def _statistic(
    kind: str, column: sa.ColumnElement[Any], rows: sa.ColumnElement[bool]
) -> sa.ColumnElement[Any]:
    if kind == "mean":
        return sa.func.avg(sa.cast(column, sa.Numeric)).filter(rows)
    return (
        sa.func.percentile_cont({"median": 0.5, "p90": 0.9}[kind]).within_group(column).filter(rows)
    )
