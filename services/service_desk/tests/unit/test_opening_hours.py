from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st
from linli_service_desk.matching.domain import OpeningHours, next_open

SHANGHAI = ZoneInfo("Asia/Shanghai")
MONDAY = datetime(2026, 11, 23, tzinfo=SHANGHAI)
WEEKDAYS = OpeningHours((1, 2, 3, 4, 5), "09:00", "17:00")
NIGHTS = OpeningHours((5,), "20:00", "06:00")


def test_who_names_no_hours_is_always_open():
    assert next_open(None, MONDAY, SHANGHAI) == MONDAY


def test_it_opens_in_the_morning_and_stays_open_until_it_closes():
    assert next_open(WEEKDAYS, MONDAY, SHANGHAI) == MONDAY + timedelta(hours=9)
    assert next_open(WEEKDAYS, MONDAY + timedelta(hours=16), SHANGHAI) == MONDAY + timedelta(
        hours=16
    )
    assert next_open(WEEKDAYS, MONDAY + timedelta(hours=17), SHANGHAI) == MONDAY + timedelta(
        hours=33
    )


def test_a_night_reaches_into_the_next_day():
    saturday_at_five = MONDAY + timedelta(days=5, hours=5)
    assert next_open(NIGHTS, saturday_at_five, SHANGHAI) == saturday_at_five


def test_until_midnight_is_a_closing_time():
    late = MONDAY + timedelta(hours=23, minutes=59)
    assert next_open(OpeningHours((1,), "08:00", "24:00"), late, SHANGHAI) == late


def test_without_days_it_never_opens():
    assert next_open(OpeningHours((), "09:00", "17:00"), MONDAY, SHANGHAI) is None


@given(
    st.datetimes(
        timezones=st.just(UTC),
        min_value=datetime(2000, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
        max_value=datetime(2100, 1, 1),  # noqa: DTZ001
    ),
    st.sets(st.integers(1, 7), min_size=1),
    st.tuples(st.integers(0, 23), st.integers(0, 23)),
)
def test_it_opens_within_a_week_and_not_in_the_past(at, days, clock):
    hours = OpeningHours(tuple(days), f"{clock[0]:02}:00", f"{clock[1]:02}:00")
    opens_at = next_open(hours, at, SHANGHAI)
    assert opens_at is not None
    assert at <= opens_at <= at + timedelta(days=8)
