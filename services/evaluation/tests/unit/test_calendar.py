"""Period codes, and what they cover."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import hypothesis.strategies as st
import pytest
from hypothesis import given
from linli_evaluation.calendar import covering, parse_period
from linli_evaluation.errors import BadPeriod

KINDS = ("year", "quarter", "month", "week", "day")
DAYS = st.dates(date(1900, 1, 1), date(2199, 12, 27))


@given(day=DAYS, kind=st.sampled_from(KINDS))
def test_the_code_of_the_period_that_covers_a_day_parses_back(day: date, kind: str) -> None:
    period = covering(day, kind)
    assert parse_period(period.code) == period
    assert period.kind == kind
    assert period.first <= day < period.until


@given(day=DAYS, kind=st.sampled_from(KINDS))
def test_periods_of_a_kind_follow_one_another_without_a_gap(day: date, kind: str) -> None:
    period = covering(day, kind)
    assert covering(period.until, kind).first == period.until
    assert covering(period.until - timedelta(days=1), kind) == period


def test_a_day_begins_at_midnight_of_the_district() -> None:
    start, end = parse_period("2026-11-22").bounds(ZoneInfo("Asia/Shanghai"))
    assert start == datetime(2026, 11, 21, 16, tzinfo=UTC)
    assert end - start == timedelta(days=1)


def test_a_day_of_summer_time_is_23_hours_long() -> None:
    start, end = parse_period("2020-03-08").bounds(ZoneInfo("America/Los_Angeles"))
    assert end - start == timedelta(hours=23)


WRONG = (
    "",
    "26",
    "2026-13",
    "2026-00",
    "2026-Q5",
    "2026-W54",
    "2025-W53",
    "2026-02-29",
    "0000",
    "9999",
    "0001",
    "1899-12-31",
    "2200-12",
    "2026-11\n",
)


@pytest.mark.parametrize("code", [*WRONG, "２０２６"])
def test_what_is_no_period_is_refused(code: str) -> None:
    with pytest.raises(BadPeriod):
        parse_period(code)
