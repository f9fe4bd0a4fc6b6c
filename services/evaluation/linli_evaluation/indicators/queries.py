"""The definitions of a deployment, and indicators as SQL expressions over the columns of a source.

All aggregates are independent of the order of the rows to the last bit: integers, exact numerics,
and percentiles.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import yaml

from linli_evaluation.calendar import Bounds
from linli_evaluation.errors import BadDefinitions
from linli_evaluation.indicators.domain.definitions import (
    Count,
    Definitions,
    Indicator,
    Kind,
    Penalty,
    Sum,
)
from linli_evaluation.indicators.domain.parsing import parse_definitions
from linli_evaluation.indicators.domain.predicates import (
    All,
    AnyOf,
    Not,
    Other,
    Predicate,
    Test,
)
from linli_evaluation.tables import Column, Columns, Condition

_COMPARE: dict[str, Callable[[Any, Any], Condition]] = {
    "is": operator.eq,
    "lt": operator.lt,
    "lte": operator.le,
    "gt": operator.gt,
    "gte": operator.ge,
}


def fulfils(predicate: Predicate, columns: Columns) -> Condition:
    """Whether a row fulfils a condition; never null: what is unknown is false, also under `not`."""
    match predicate:
        case All(parts):
            return sa.and_(sa.true(), *(fulfils(part, columns) for part in parts))
        case AnyOf(parts):
            return sa.or_(sa.false(), *(fulfils(part, columns) for part in parts))
        case Not(part):
            return sa.not_(fulfils(part, columns))
        case Test():
            return _test(predicate, columns)


def _test(test: Test, columns: Columns) -> Condition:
    column = columns[test.field]
    if test.operator == "set":
        return column.is_not(None) if test.value else column.is_(None)
    if isinstance(test.value, tuple):
        return sa.func.coalesce(column.in_(test.value), sa.false())
    value = columns[test.value.field] if isinstance(test.value, Other) else test.value
    return sa.func.coalesce(_COMPARE[test.operator](column, value), sa.false())


def counts_row(indicator: Indicator, columns: Columns, bounds: Bounds) -> Condition:
    """Whether an indicator counts a row: its time is in the bounds, and its condition holds."""
    fulfilled = fulfils(indicator.where, columns)
    if indicator.value is not None:
        fulfilled = sa.and_(fulfilled, columns[indicator.value].is_not(None))
    if indicator.time is None:
        return fulfilled
    time, (start, end) = columns[indicator.time], bounds
    return sa.and_(time >= start, time < end, fulfilled)


def share(part: Count | Sum, columns: Columns) -> Column:
    """What one row adds to a numerator or denominator."""
    if isinstance(part, Sum):
        return sa.func.coalesce(sa.cast(columns[part.field], sa.Numeric), 0)
    return sa.case((fulfils(part.condition, columns), 1), else_=0)


def measures(indicator: Indicator, columns: Columns, bounds: Bounds) -> dict[str, Column]:
    """The aggregates of one indicator: `denominator`, `numerator` or `value`, perhaps `penalty`."""
    rows = counts_row(indicator, columns, bounds)
    denominator = share(indicator.denominator, columns)
    aggregates: dict[str, Column] = {"denominator": sa.func.sum(denominator).filter(rows)}
    if indicator.numerator is not None:
        numerator = share(indicator.numerator, columns)
        aggregates["numerator"] = sa.func.sum(numerator).filter(rows)
    if indicator.value is not None:
        aggregates["value"] = _statistic(indicator.kind, columns[indicator.value], rows)
    if indicator.penalty is not None:
        aggregates["penalty"] = sa.func.sum(_points_off(indicator.penalty, columns)).filter(rows)
    return aggregates


def _points_off(penalty: Penalty, columns: Columns) -> Column:
    """Points that one row costs: each time from a tier's first on, up to the next tier's."""
    times = columns[penalty.field]
    ends = [*(sa.literal(tier.first) for tier in penalty.tiers[1:]), times + 1]
    costs = [
        sa.cast(sa.literal(str(tier.points)), sa.Numeric)
        * sa.func.greatest(0, sa.func.least(times + 1, end) - tier.first)
        for tier, end in zip(penalty.tiers, ends, strict=True)
    ]
    return sum(costs[1:], costs[0])


def _statistic(kind: Kind, column: Column, rows: Condition) -> Column:
    if kind == "mean":
        return sa.func.avg(sa.cast(column, sa.Numeric)).filter(rows)
    percentile = sa.func.percentile_cont({"median": 0.5, "p90": 0.9}[kind])
    return percentile.within_group(column).filter(rows)


@cache
def load_file(path: str | None) -> Definitions:
    """The definitions in a file, or the default ones; read once.

    Raises:
        BadDefinitions: the file cannot be read or used; says where and why.
    """
    default = resources.files("linli_evaluation.indicators") / "data" / "indicators.yaml"
    source = Path(path) if path else default
    try:
        document = yaml.safe_load(source.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadDefinitions(str(source), f"cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadDefinitions(str(source), f"is not YAML: {error}") from error
    return parse_definitions(document)
