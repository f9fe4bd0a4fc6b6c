import logging
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from linli_kernel import working_time
from linli_kernel.working_time import (
    Calendar,
    chinese_working_day,
    monday_to_friday,
    parse_office_hours,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
OFFICE = parse_office_hours("09:00-12:00,13:30-18:00")
CHINA = Calendar(SHANGHAI, OFFICE, chinese_working_day)
PLAIN = Calendar(SHANGHAI, OFFICE, monday_to_friday)
NEW_YORK = Calendar(
    ZoneInfo("America/New_York"), parse_office_hours("00:00-24:00"), monday_to_friday
)

calendars_ = st.sampled_from([CHINA, PLAIN, NEW_YORK])
moments = st.datetimes(datetime(2024, 1, 1), datetime(2026, 11, 30), timezones=st.just(UTC))  # noqa: DTZ001
hours = st.floats(0, 200, allow_nan=False).map(lambda value: round(value, 3))
TOLERANCE = 1e-8  # hours; a microsecond is the grain of datetime


def local(*parts):
    return datetime(*parts, tzinfo=SHANGHAI)


@given(calendars_, moments, hours)
def test_as_many_working_hours_lie_between_as_were_added(calendar, start, h):
    assert calendar.working_hours_between(
        start, calendar.add_working_hours(start, h)
    ) == pytest.approx(h, abs=TOLERANCE)


@given(calendars_, moments, hours, hours)
def test_more_hours_never_end_earlier(calendar, start, h, more):
    assert calendar.add_working_hours(start, h) <= calendar.add_working_hours(start, h + more)


@given(calendars_, moments, moments, hours)
def test_a_later_start_never_ends_earlier(calendar, one, other, h):
    earlier, later = sorted([one, other])
    assert calendar.add_working_hours(earlier, h) <= calendar.add_working_hours(later, h)


@given(calendars_, moments, st.integers(0, 400), st.integers(0, 400))
def test_hours_can_be_added_in_two_parts(calendar, start, a, b):
    quarter = 0.25
    in_parts = calendar.add_working_hours(
        calendar.add_working_hours(start, a * quarter), b * quarter
    )
    assert in_parts == calendar.add_working_hours(start, (a + b) * quarter)


@given(calendars_, st.tuples(moments, moments, moments).map(sorted))
def test_hours_between_add_up(calendar, three):
    first, middle, last = three
    parts = calendar.working_hours_between(first, middle) + calendar.working_hours_between(
        middle, last
    )
    assert parts == pytest.approx(calendar.working_hours_between(first, last), abs=TOLERANCE)


def test_the_evening_and_the_lunch_break_do_not_count():
    assert PLAIN.add_working_hours(local(2026, 11, 23, 11), 2) == local(2026, 11, 23, 14, 30)
    assert PLAIN.add_working_hours(local(2026, 11, 23, 17, 30), 1) == local(2026, 11, 24, 9, 30)
    assert PLAIN.working_hours_between(local(2026, 11, 23, 8), local(2026, 11, 23, 20)) == 7.5


def test_friday_evening_goes_on_on_monday():
    assert PLAIN.add_working_hours(local(2026, 11, 20, 19), 1) == local(2026, 11, 23, 10)


def test_spring_festival_2026_is_free_and_the_saturday_before_the_end_is_worked():
    assert not chinese_working_day(
        date(2026, 2, 17)
    )  # the first day of the year of the horse, a Tuesday
    assert chinese_working_day(date(2026, 2, 14))  # a Saturday worked for it
    assert chinese_working_day(date(2026, 2, 28))  # another one
    assert CHINA.add_working_hours(local(2026, 2, 14, 17), 2) == local(2026, 2, 24, 10)
    assert CHINA.working_hours_between(local(2026, 2, 15), local(2026, 2, 24)) == 0


def test_a_year_without_known_holidays_is_taken_as_plain_weeks_and_logged_once(caplog):
    working_time._warn_of_unknown_year.cache_clear()
    with caplog.at_level(logging.WARNING):
        days = [date(2090, 1, 1) + timedelta(days=n) for n in range(14)]
        assert [chinese_working_day(day) for day in days] == [day.weekday() < 5 for day in days]
    assert len([record for record in caplog.records if "2090" in record.getMessage()]) == 1


def test_hours_cannot_be_taken_back():
    with pytest.raises(ValueError, match="taken back"):
        PLAIN.add_working_hours(local(2026, 11, 23, 9), -1)


def test_the_day_begins_and_ends_on_the_clock_of_the_district():
    at = datetime(2026, 11, 22, 16, 30, tzinfo=UTC)  # half past midnight in Shanghai
    assert CHINA.midnight(at) == datetime(2026, 11, 22, 16, tzinfo=UTC)
    assert CHINA.next_day(at) == datetime(2026, 11, 23, 16, tzinfo=UTC)


@given(moments)
def test_every_moment_lies_in_its_day(at):
    for calendar in (CHINA, NEW_YORK):
        assert calendar.midnight(at) <= at < calendar.next_day(at)


@pytest.mark.parametrize(
    "text", ["", "9-12", "12:00-09:00", "09:00-12:00,11:00-18:00", "09:00-24:30", "09:00-09:00"]
)
def test_office_hours_that_make_no_sense_are_refused(text):
    with pytest.raises(ValueError, match=r"hours must follow|not of the form"):
        parse_office_hours(text)


@given(moments, hours)
def test_round_the_clock_every_hour_counts(start, h):
    calendar = Calendar(SHANGHAI, ((0, 24 * 60),), lambda _day: True)
    due = calendar.add_working_hours(start, h)
    assert due == start + timedelta(hours=h)
    assert calendar.working_hours_between(start, due) == pytest.approx(h, abs=TOLERANCE)
