from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from linli.imports.history import open_requests
from linli.imports.rows import Refusal, Row
from linli.imports.times import BadTime, end_after, read_time

ZONE = ZoneInfo("America/Los_Angeles")
FORMAT = "%m/%d/%y %H:%M"
COLUMNS = {
    "srnumber": "1-1",
    "requesttype": "Bulky Items",
    "status": "Closed",
    "createddate": "1/1/20 0:05",
    "updateddate": "1/3/20 9:00",
    "closeddate": "1/2/20 8:43",
    "requestsource": "Call",
    "latitude": "34.19",
    "longitude": "-118.49",
}
"""A row of Los Angeles, in the order of the header that `requests_file` writes."""

ROW = ",".join(COLUMNS.values())


@pytest.fixture
def read(mapping_file: Any, requests_file: Any) -> Any:
    """Reads rows by the mapping of Los Angeles with some keys changed."""

    def rows(*lines: str, from_line: int = 1, **changes: Any) -> list[Row | Refusal]:
        source = open_requests(
            requests_file(*lines), mapping_file(**changes), "utf-8-sig", from_line
        )
        return list(source.stream)

    return rows


def changed(**values: str) -> str:
    """The example row with some columns changed."""
    return ",".join({**COLUMNS, **values}.values())


def test_a_row_becomes_an_item_with_times_in_utc(read: Any) -> None:
    (row,) = read(ROW)
    assert row.line == 2
    assert row.item == {
        "external_ref": "1-1",
        "category": "environment.bulky_waste",
        "channel": "hotline",
        "longitude": -118.49,
        "latitude": 34.19,
        "registered_at": "2020-01-01T08:05:00+00:00",
        "outcome": "closed",
        "ended_at": "2020-01-02T16:43:00+00:00",
        "reason": None,
    }


def test_an_empty_end_falls_back_to_the_other_column(read: Any) -> None:
    (row,) = read(changed(closeddate=""))
    assert row.item["ended_at"] == "2020-01-03T17:00:00+00:00"


def test_an_open_row_has_no_end_even_if_it_was_updated(read: Any) -> None:
    (row,) = read(changed(status="Pending", closeddate=""))
    assert (row.item["outcome"], row.item["ended_at"]) == ("open", None)


def test_a_row_without_a_place_is_taken(read: Any) -> None:
    (row,) = read(changed(longitude="", latitude=""))
    assert (row.item["longitude"], row.item["latitude"]) == (None, None)


def test_a_row_without_a_channel_came_by_import(read: Any) -> None:
    (row,) = read(changed(requestsource=""))
    assert row.item["channel"] == "import"


def test_codes_of_our_own_need_no_mapping(read: Any) -> None:
    (row,) = read(changed(requesttype="other.other", requestsource="app"))
    assert (row.item["category"], row.item["channel"]) == ("other.other", "app")


@pytest.mark.parametrize(
    ("values", "field", "reason"),
    [
        ({"srnumber": ""}, "srnumber", "is empty"),
        (
            {"requesttype": "Pothole"},
            "requesttype",
            "'Pothole' is not mapped; add it under `categories`",
        ),
        ({"status": "Lost"}, "status", "'Lost' is not mapped; add it under `statuses`"),
        ({"requestsource": "Fax"}, "requestsource", "'Fax' is not mapped; add it under `channels`"),
        (
            {"createddate": "2020-01-01"},
            "createddate",
            "'2020-01-01' is no time of the format %m/%d/%y %H:%M",
        ),
        ({"createddate": "13/1/20 0:05"}, "createddate", "is no time"),
        ({"createddate": ""}, "createddate", "is empty"),
        ({"closeddate": "12/31/19 23:00"}, "closeddate", "before it was registered"),
        ({"closeddate": "", "updateddate": ""}, "closeddate", "is empty"),
        ({"createddate": "3/8/20 2:30"}, "createddate", "was on no clock of America/Los_Angeles"),
        ({"longitude": "west"}, "longitude", "'west' is not in degrees"),
        ({"longitude": "nan"}, "longitude", "'nan' is not in degrees"),
        ({"latitude": "91"}, "latitude", "'91' is not in degrees"),
        ({"latitude": ""}, "latitude", "'' is not in degrees"),
    ],
)
def test_a_row_that_cannot_be_taken_names_its_line_column_and_reason(
    read: Any, values: dict[str, str], field: str, reason: str
) -> None:
    good, bad = read(ROW, changed(**values))
    assert isinstance(good, Row)
    assert isinstance(bad, Refusal)
    assert (bad.line, bad.field) == (3, field)
    assert reason in bad.reason


def test_a_row_with_a_value_too_few_is_refused_and_the_next_is_read(read: Any) -> None:
    bad, good = read(ROW.rpartition(",")[0], ROW)
    assert (bad.line, bad.reason) == (2, "8 values, but the header names 9 columns.")
    assert good.line == 3


def test_lines_count_as_an_editor_shows_them_across_quoted_newlines(read: Any) -> None:
    first, second = read(changed(srnumber='"1\n2"'), ROW)
    assert (first.line, second.line) == (2, 4)


def test_reading_from_a_line_skips_what_stands_before(read: Any) -> None:
    assert [row.line for row in read(ROW, "", ROW, ROW, from_line=4)] == [4, 5]


def test_an_hour_that_comes_twice_means_the_earlier_one() -> None:
    assert read_time("11/1/20 1:30", FORMAT, ZONE).astimezone(UTC) == datetime(
        2020, 11, 1, 8, 30, tzinfo=UTC
    )


def test_an_end_in_the_hour_that_comes_twice_is_the_later_one_if_only_that_fits() -> None:
    registered = read_time("11/1/20 1:50", FORMAT, ZONE)
    ended = end_after(registered, read_time("11/1/20 1:10", FORMAT, ZONE))
    assert ended.astimezone(UTC) == datetime(2020, 11, 1, 9, 10, tzinfo=UTC)


def test_iso_times_may_bring_their_own_offset() -> None:
    assert read_time("2020-07-01T08:00:00+08:00", "iso", ZONE).astimezone(UTC) == datetime(
        2020, 7, 1, tzinfo=UTC
    )


@given(
    st.datetimes(datetime(1990, 1, 1), datetime(2035, 1, 1)),  # noqa: DTZ001  # local times are the point
    st.timedeltas(timedelta(0), timedelta(days=400)),
)
def test_what_is_read_never_ends_before_it_began_and_reads_back_the_same(
    at: datetime, later: timedelta
) -> None:
    try:
        registered = read_time(at.isoformat(), "iso", ZONE)
        ended = end_after(registered, read_time((at + later).isoformat(), "iso", ZONE))
    except BadTime:
        return
    assert registered.replace(tzinfo=None) == at
    assert ended.astimezone(UTC) >= registered.astimezone(UTC)
