"""The shared fields: strict where JSON Schema is, UTC whatever came."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from linli_contracts import fields as shared
from linli_contracts.fields import Pattern, coarse
from marshmallow import Schema, ValidationError, fields

BEIJING = timezone(timedelta(hours=8))


class Sample(Schema):
    at = shared.moment("When.", allow_none=True)
    flag = shared.flag("Whether.")
    count = shared.count("How many.")
    name = shared.name("Called.")
    place = shared.place()


def load(**data: Any) -> Any:
    return Sample().load(data)


def test_a_time_is_written_in_utc_with_its_offset() -> None:
    assert Sample().dump({"at": datetime(2026, 11, 22, 8, 30, tzinfo=BEIJING)}) == {
        "at": "2026-11-22T00:30:00+00:00"
    }


def test_an_unknown_time_is_written_as_null() -> None:
    assert Sample().dump({"at": None}) == {"at": None}


@pytest.mark.parametrize(
    "text", ["2026-11-22T08:30:00+08:00", "2026-11-22T00:30:00Z", "2026-11-22T00:30:00+00:00"]
)
def test_a_time_is_read_as_utc_whatever_its_offset(text: str) -> None:
    at = load(at=text)["at"]
    assert at == datetime(2026, 11, 22, 0, 30, tzinfo=UTC)
    assert at.tzinfo is UTC


@pytest.mark.parametrize(
    "text", ["2026-11-22T08:30:00", "2026-11-22", "now", "", 1, True, "0001-01-01T00:00:00+08:00"]
)
def test_what_is_no_moment_is_refused(text: Any) -> None:
    with pytest.raises(ValidationError):
        load(at=text)


def test_a_naive_time_is_not_taken_for_local_time() -> None:
    dumped = Sample().dump({"at": datetime(2026, 11, 22, 8, 30)})  # noqa: DTZ001
    assert Sample().validate(dumped) == {"at": ["Not a valid aware datetime."]}


@pytest.mark.parametrize("value", ["true", "yes", 1, 0, "off", None])
def test_a_flag_takes_no_words_for_true_and_false(value: Any) -> None:
    with pytest.raises(ValidationError):
        load(flag=value)
    assert load(flag=False) == {"flag": False}


@pytest.mark.parametrize("value", [-1, 1.5, "3", True])
def test_a_count_is_a_whole_number_from_zero(value: Any) -> None:
    with pytest.raises(ValidationError):
        load(count=value)
    assert load(count=0) == {"count": 0}


@pytest.mark.parametrize("value", ["", "x" * 201, "多福巷\n社区", "\0"])
def test_a_name_is_one_line_of_at_most_200_characters(value: str) -> None:
    with pytest.raises(ValidationError):
        load(name=value)
    assert load(name="多福巷社区 (No. 1)")


REGIONS = ("110101", "110101001", "110101001001", "11010100100101", "110101001001001")


@pytest.mark.parametrize(
    ("pattern", "good", "bad"),
    [
        (
            shared.REGION_CODE,
            REGIONS,
            ("", "1101", "11010100", "1101010010010", "1101010010010011", "11010a"),
        ),
        (shared.GRID_CODE, REGIONS[3:], REGIONS[:3]),
        (
            shared.SERVICE_CODE,
            ("elder_care.home_visit", "other.other"),
            ("elder_care", "Elder.visit", "a.b.c", "a."),
        ),
        (shared.CODE, ("no_capacity", "a", "0.5"), ("", "No capacity", "没有", "a" * 65)),
        (shared.LANGUAGE, ("zh", "zh-yue", "zh_CN"), ("", "中文", "zh CN")),
        (shared.SHA256, ("0" * 64,), ("0" * 63, "A" * 64)),
    ],
)
def test_codes_are_known_by_their_form(
    pattern: Pattern, good: tuple[str, ...], bad: tuple[str, ...]
) -> None:
    for value in good:
        assert pattern(value) == value
        for spoiled in (f"{value}\n", f" {value}", f"{value} "):
            with pytest.raises(ValidationError):
                pattern(spoiled)
    for value in bad:
        with pytest.raises(ValidationError):
            pattern(value)


@pytest.mark.parametrize("digits", ["１１０１０１", "١١٠١٠١"])
def test_digits_of_other_scripts_make_no_code(digits: str) -> None:
    with pytest.raises(ValidationError):
        shared.REGION_CODE(digits)


@given(longitude=st.floats(-180, 180), latitude=st.floats(-90, 90))
def test_a_coarse_place_is_within_half_a_step_and_stays_valid(
    longitude: float, latitude: float
) -> None:
    place = coarse(longitude, latitude)
    assert abs(place["longitude"] - longitude) <= 0.000501
    assert abs(place["latitude"] - latitude) <= 0.000501
    assert coarse(**place) == place
    assert load(place=place) == {"place": place}


@pytest.mark.parametrize(
    "place", [{"longitude": 181, "latitude": 0}, {"longitude": 0, "latitude": -91}, {}, [0, 0]]
)
def test_a_place_off_the_globe_is_refused(place: Any) -> None:
    with pytest.raises(ValidationError):
        load(place=place)


def test_an_identifier_is_a_uuid() -> None:
    assert type(shared.identifier("The thing.")) is fields.UUID
