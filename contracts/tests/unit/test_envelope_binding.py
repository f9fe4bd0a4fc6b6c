"""The envelope against the cloudevents library: the same headers, and the same attributes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from cloudevents.core.bindings.rabbitmq import RabbitMQMessage, from_binary_event, to_binary_event
from cloudevents.core.v1.event import CloudEvent
from hypothesis import given
from hypothesis import strategies as st
from linli_contracts.envelope import (
    CONTENT_TYPE,
    Event,
    Message,
    UnreadableEvent,
    decode,
    encode,
)
from linli_contracts.registry import event_types, find
from linli_devkit.contracts.examples import stored_event

tokens = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=200)
moments = st.datetimes(
    min_value=datetime(1, 1, 3),  # noqa: DTZ001
    max_value=datetime(9999, 12, 29),  # noqa: DTZ001
    timezones=st.integers(-14 * 60, 14 * 60).map(
        lambda minutes: timezone(timedelta(minutes=minutes))
    ),
)
events = st.builds(
    replace,
    st.sampled_from([stored_event(entry) for entry in event_types()]),
    id=st.uuids(),
    subject=tokens,
    time=moments,
    sequence=st.integers(1, 2**63 - 1),
    correlation_id=tokens,
    causation_id=st.none() | tokens,
    traceparent=st.none() | tokens,
)


@given(event=events)
def test_the_headers_are_those_of_the_cloud_events_library(event: Event) -> None:
    message = encode(event)
    attributes = {
        "specversion": "1.0",
        "id": str(event.id),
        "source": event.source,
        "type": event.type,
        "subject": event.subject,
        "time": event.time.astimezone(UTC),
        "dataschema": find(event.type).dataschema,
        "datacontenttype": "application/json",
        "sequence": str(event.sequence),
        "partitionkey": event.subject,
        "correlationid": event.correlation_id,
        "causationid": event.causation_id,
        "traceparent": event.traceparent,
    }
    known = {name: value for name, value in attributes.items() if value is not None}
    theirs = to_binary_event(CloudEvent(known, message.body))
    assert list(message.headers.items()) == list(theirs.headers.items())
    assert (message.body, message.content_type) == (theirs.body, theirs.content_type)


NAMES = [
    "ce-time",
    "ce-specversion",
    "ce-new",
    "ce-data",
    "ce-not_allowed",
    "x-death",
    "ce-id",
    "ce-",
]
VALUES = [
    *(
        "",
        "1.0",
        "0.3",
        "2026-02-30T00:00:00Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T23:59:60Z",
        "20260101T000000Z",
    ),
    *(
        "2026-01-01T00:00:00Z",
        "2026-01-01T00:00:00.5Z",
        "2026-W01-1",
        "0000-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
    ),
]


@given(
    event=events, name=st.sampled_from(NAMES), value=st.sampled_from(VALUES) | st.text(max_size=5)
)
def test_headers_are_read_as_the_cloud_events_library_reads_them(
    event: Event, name: str, value: str
) -> None:
    message = encode(event)
    for headers in (message.headers, {**message.headers, name: value}):
        ours, theirs = read(headers, message.body), read_by_the_library(headers)
        if ours is not None:
            assert theirs is not None
            assert ours.time == theirs["time"]
            assert (str(ours.id), ours.subject) == (theirs["id"].lower(), theirs["subject"])
        elif theirs is not None:
            # Both read the attributes of our own events; ours then asks for more than CloudEvents.
            assert headers is not message.headers


def read(headers: Any, body: bytes) -> Event | None:
    try:
        return decode(Message(headers, body))
    except UnreadableEvent:
        return None


def read_by_the_library(headers: Any) -> dict[str, Any] | None:
    try:
        message = RabbitMQMessage(headers, CONTENT_TYPE, b"")
        return dict(from_binary_event(message).get_attributes())
    except Exception:
        return None


LENIENT = {
    "another offset": "2026-11-21T10:00:00+08:00",
    "lower case": "2026-11-21t02:00:00z",
    "a fraction": "2026-11-21T02:00:00.000Z",
}


@pytest.mark.parametrize("time", LENIENT.values(), ids=LENIENT.keys())
def test_any_time_of_rfc_3339_is_read(time: str) -> None:
    message = encode(stored_event(event_types()[0]))
    event = decode(Message({**message.headers, "CE-Time": time, "ce-time": time}, message.body))
    assert event.time == datetime(2026, 11, 21, 2, tzinfo=UTC)
