"""Events on the wire: what goes out comes back; anything else is unreadable, nothing worse."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from linli_contracts.envelope import (
    MAX_BODY_BYTES,
    REQUIRED_ATTRIBUTES,
    Event,
    EventTooLarge,
    Message,
    UnreadableEvent,
    decode,
    encode,
    source_of,
)
from linli_contracts.events.evaluation.scorecards import ScorecardPublished
from linli_contracts.events.grid.territory import GridDrawn
from linli_contracts.events.organization.resources import ResourceOffered
from linli_contracts.events.service_desk.feedback import CaseRated
from linli_contracts.registry import UnknownEventType
from linli_devkit.contracts.examples import example_event
from marshmallow import ValidationError

RATED = encode(example_event(CaseRated))


def with_header(name: str, value: Any) -> Message:
    return replace(RATED, headers={**RATED.headers, name: value})


def with_data(**changes: Any) -> Message:
    return replace(RATED, body=json.dumps({**json.loads(RATED.body), **changes}).encode())


def without(mapping: Mapping[str, str], name: str) -> dict[str, str]:
    return {key: value for key, value in mapping.items() if key != name}


def test_an_event_travels_as_a_cloud_event_in_binary_mode() -> None:
    event = replace(
        example_event(CaseRated, sequence=6), causation_id="abc", traceparent="00-1-2-01"
    )
    message = encode(event)
    assert message.content_type == "application/json"
    assert message.headers == {
        "ce-specversion": "1.0",
        "ce-id": str(event.id),
        "ce-source": "urn:linli:110101:service_desk",
        "ce-type": "linli.service_desk.case_rated.v1",
        "ce-subject": event.subject,
        "ce-time": "2026-11-21T02:00:00Z",
        "ce-dataschema": "urn:linli:schema:linli.service_desk.case_rated.v1",
        "ce-sequence": "6",
        "ce-partitionkey": event.subject,
        "ce-correlationid": event.correlation_id,
        "ce-causationid": "abc",
        "ce-traceparent": "00-1-2-01",
    }
    assert decode(message) == event


def test_the_source_names_district_and_service() -> None:
    event = replace(example_event(CaseRated), source=source_of("310101", "service_desk"))
    assert decode(encode(event)).district == "310101"


def test_chinese_text_travels_as_utf_8() -> None:
    message = encode(example_event(GridDrawn, name="多福巷社区第一网格"))
    assert "多福巷社区第一网格".encode() in message.body
    assert decode(message).data["name"] == "多福巷社区第一网格"


@given(
    microseconds=st.integers(0, 7 * 10**15),
    offset=st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes))),
    sequence=st.integers(1, 2**63 - 1),
)
def test_time_and_sequence_survive_the_way(
    microseconds: int, offset: timezone, sequence: int
) -> None:
    happened = (datetime(1970, 1, 2, tzinfo=UTC) + timedelta(microseconds=microseconds)).astimezone(
        offset
    )
    read = decode(encode(replace(example_event(CaseRated), time=happened, sequence=sequence)))
    assert (read.time, read.sequence) == (happened, sequence)
    assert read.time.tzinfo is UTC


def test_reading_ignores_fields_it_does_not_know_at_every_level() -> None:
    offered = encode(example_event(ResourceOffered))
    data = json.loads(offered.body)
    data["new"] = {"deep": [1, None]}
    data["place"]["altitude"] = 44
    data["hours"]["breaks"] = []
    assert decode(replace(offered, body=json.dumps(data).encode())) == decode(offered)


def test_reading_ignores_headers_it_does_not_know_and_the_case_of_names() -> None:
    headers: dict[str, Any] = {name.title(): value for name, value in RATED.headers.items()}
    assert decode(
        replace(RATED, headers={**headers, "x-death": [{"count": 3}], "ce-new": "1"})
    ) == decode(RATED)


@pytest.mark.parametrize(
    "content_type", ["application/json; charset=utf-8", "Application/JSON", "application/json ;a=b"]
)
def test_the_content_type_may_be_written_in_other_ways(content_type: str) -> None:
    assert decode(replace(RATED, content_type=content_type)) == decode(RATED)


BROKEN = {
    "bad JSON": replace(RATED, body=b"{"),
    "an empty body": replace(RATED, body=b""),
    "invalid UTF-8": replace(RATED, body=b'{"a": "\xff"}'),
    "an array": replace(RATED, body=b"[]"),
    "a number": replace(RATED, body=b"1"),
    "null": replace(RATED, body=b"null"),
    "a string": replace(RATED, body=b'"{}"'),
    "NaN": replace(RATED, body=RATED.body[:-1] + b', "more": NaN}'),
    "infinity": replace(RATED, body=RATED.body[:-1] + b', "more": -Infinity}'),
    "half a surrogate pair": replace(RATED, body=RATED.body[:-1] + rb', "more": "\ud800"}'),
    "deep nesting": replace(RATED, body=b"[" * 60_000),
    "a huge number": with_data(satisfaction=10**4000),
    "over 64 KiB": with_data(more="x" * MAX_BODY_BYTES),
    "another content type": replace(RATED, content_type="text/plain"),
    "structured mode": replace(RATED, content_type="application/cloudevents+json"),
    "no content type": replace(RATED, content_type=""),
    "an unknown type": with_header("ce-type", "linli.grid.no_such_thing.v1"),
    "a version to come": with_header("ce-type", "linli.service_desk.case_rated.v2"),
    "another specversion": with_header("ce-specversion", "0.3"),
    "a header that is no string": with_header("ce-id", 7),
    "an id that is no UUID": with_header("ce-id", "1"),
    "an empty id": with_header("ce-id", ""),
    "a bad time": with_header("ce-time", "yesterday"),
    "a time without an offset": with_header("ce-time", "2026-11-21T02:00:00"),
    "a time before the first year in UTC": with_header("ce-time", "0001-01-01T00:00:00+08:00"),
    "a sequence that is no number": with_header("ce-sequence", "one"),
    "a sequence of 0": with_header("ce-sequence", "0"),
    "a sequence over 63 bits": with_header("ce-sequence", str(2**63)),
    "a very long sequence": with_header("ce-sequence", "9" * 5000),
    "a foreign source": with_header("ce-source", "/orders"),
    "an empty subject": with_header("ce-subject", ""),
    "a subject with a line break": with_header("ce-subject", "a\nb"),
    "a subject with a zero byte": with_header("ce-subject", "a\0b"),
    "a very long correlation": with_header("ce-correlationid", "x" * 201),
    "a header name that is no attribute": with_header("ce-not_allowed", "1"),
    "data without a required field": replace(RATED, body=b"{}"),
    "data of a wrong type": with_data(solved="yes"),
    "data out of bounds": with_data(satisfaction=6),
    "no headers": replace(RATED, headers={}),
}


@pytest.mark.parametrize("message", BROKEN.values(), ids=BROKEN.keys())
def test_a_message_that_is_no_event_is_unreadable_and_says_why(message: Message) -> None:
    with pytest.raises(UnreadableEvent, match=r"\w{3,}"):
        decode(message)


@pytest.mark.parametrize("name", REQUIRED_ATTRIBUTES)
def test_an_event_without_a_required_attribute_is_unreadable(name: str) -> None:
    with pytest.raises(UnreadableEvent, match=f"ce-{name}"):
        decode(replace(RATED, headers=without(RATED.headers, f"ce-{name}")))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(
    name=st.sampled_from(sorted(RATED.headers)),
    value=st.none() | st.integers() | st.text() | st.binary(),
    body=st.binary() | json_values.map(lambda value: json.dumps(value).encode()),
    keep_body=st.booleans(),
)
def test_whatever_comes_is_read_or_unreadable(
    name: str, value: Any, body: bytes, keep_body: bool
) -> None:
    message = with_header(name, value)
    with suppress(UnreadableEvent):
        decode(message if keep_body else replace(message, body=body))


@given(field=st.sampled_from(sorted(json.loads(RATED.body))), value=json_values)
def test_whatever_stands_in_a_field_is_read_or_unreadable(field: str, value: Any) -> None:
    with suppress(UnreadableEvent):
        decode(with_data(**{field: value}))


def test_what_stands_in_the_data_is_not_repeated_in_the_reason() -> None:
    with pytest.raises(UnreadableEvent) as caught:
        decode(with_data(satisfaction="13800138000", solved="王先生"))
    assert "13800138000" not in str(caught.value)
    assert "王" not in str(caught.value)


def test_an_event_over_64_kib_is_refused_before_it_is_sent() -> None:
    services = ["elder_care.home_visit"] * 4000
    with pytest.raises(EventTooLarge, match="over 65536"):
        encode(example_event(ResourceOffered, services=services))


def bad(event: Event, **changes: Any) -> Event:
    return replace(event, data={**event.data, **changes})


@pytest.mark.parametrize(
    "event",
    [
        bad(example_event(ScorecardPublished), score=float("nan")),
        bad(example_event(ScorecardPublished), score="high"),
        bad(example_event(CaseRated), solved="yes"),
        bad(example_event(CaseRated), satisfaction=0),
        bad(example_event(CaseRated), phone="1"),
        replace(example_event(CaseRated), data={}),
    ],
)
def test_an_event_against_its_schema_is_refused_before_it_is_sent(event: Event) -> None:
    with pytest.raises(ValidationError):
        encode(event)


@pytest.mark.parametrize(
    "changes",
    [
        {"time": datetime(2026, 11, 21)},  # noqa: DTZ001
        {"sequence": 0},
        {"subject": "a b"},
        {"correlation_id": ""},
        {"source": "x"},
    ],
)
def test_an_attribute_that_could_not_be_read_is_refused_before_it_is_sent(
    changes: dict[str, Any],
) -> None:
    with pytest.raises(ValueError, match=r"is not|has no"):
        encode(replace(example_event(CaseRated), **changes))


def test_an_event_of_an_unknown_type_is_refused_before_it_is_sent() -> None:
    with pytest.raises(UnknownEventType):
        encode(replace(example_event(CaseRated), type="linli.grid.no_such_thing.v1"))
