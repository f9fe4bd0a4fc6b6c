"""Events as classes: what makes one, that it does not change, and that what came is read back."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from linli_contracts.envelope import decode, encode
from linli_contracts.events.grid.requests import RequestRejected, RequestVerified
from linli_contracts.registry import event_types
from linli_contracts.schema import EventData, EventType
from linli_devkit.contracts.examples import example_event, stored_event
from marshmallow import ValidationError

REQUEST = UUID("01a1f15c-4b00-731d-8cd5-808443f2bc13")


def rejected(**changes: object) -> RequestRejected:
    return RequestRejected(**{"request_id": REQUEST, "reason": "repeated", **changes})  # type: ignore[arg-type]


def test_an_event_is_made_of_the_values_of_its_fields() -> None:
    event = rejected()
    assert (event.request_id, event.reason) == (REQUEST, "repeated")
    assert dict(event.values) == {"request_id": REQUEST, "reason": "repeated"}
    assert event.subject == str(REQUEST)


def test_a_required_field_must_be_there() -> None:
    with pytest.raises(TypeError, match=r"RequestRejected: missing or unknown: \['reason'\]"):
        RequestRejected(request_id=REQUEST)  # type: ignore[call-arg]


def test_an_unknown_field_is_refused() -> None:
    with pytest.raises(TypeError, match=r"\['phone'\]"):
        rejected(phone="1")


def test_a_field_that_may_be_left_out_has_its_default() -> None:
    values = dict(example_event(RequestVerified).data)
    del values["recorded"]
    assert RequestVerified(**values).recorded is None


@pytest.mark.parametrize("name", ["reason", "phone"])
def test_an_event_is_not_changed(name: str) -> None:
    event = rejected()
    with pytest.raises(AttributeError):
        setattr(event, name, "no_consent")
    assert event == rejected()


def test_events_of_one_class_with_the_same_values_are_equal() -> None:
    assert rejected() == rejected()
    assert hash(rejected()) == hash(rejected())
    assert rejected() != rejected(reason="no_consent")
    assert rejected() != rejected(request_id=uuid4())


def test_an_event_shows_its_subject_and_nothing_else() -> None:
    assert repr(rejected()) == f"RequestRejected({REQUEST})"


@pytest.mark.parametrize("entry", event_types(), ids=lambda entry: entry.name)
def test_what_was_received_is_read_as_its_class(entry: EventType) -> None:
    [data] = [each for each in subclasses(EventData) if vars(each).get("event_type") is entry]
    event = decode(encode(stored_event(entry)))
    read = data.of(event)
    assert dict(read.values) == dict(event.data)
    assert read.subject == event.subject


def subclasses(of: type[EventData]) -> list[type[EventData]]:
    return [each for child in of.__subclasses__() for each in (child, *subclasses(child))]


def test_values_are_checked_when_they_are_written_and_not_before() -> None:
    event = rejected(reason="because I say so")
    with pytest.raises(ValidationError, match="reason"):
        RequestRejected.event_type.dump(event.values)


def test_fields_that_are_inherited_are_fields_of_the_event() -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    values = {**example_event(RequestVerified).data, "registered_at": moment}
    assert RequestVerified(**values).registered_at == moment
    assert next(iter(RequestVerified.schema().fields)) == "request_id"
