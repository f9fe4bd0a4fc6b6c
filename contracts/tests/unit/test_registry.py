"""The registry of events, and what no event may carry."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from linli_contracts.events.grid.requests import RequestRegistered
from linli_contracts.manifest import api_services
from linli_contracts.registry import (
    UnknownEventType,
    consumed_by,
    consumers_of,
    event_types,
    find,
    produced_by,
)
from linli_contracts.schema import REGISTRY, EventData, EventType, event
from marshmallow import Schema, ValidationError, fields

# Fields that could name a person, a way to reach one, a door, or words someone wrote.
PERSONAL = re.compile(
    r"name|phone|mobile|tel|contact|mail|wechat|address|street|door|room|birth|age$|gender|sex|ident|photo|picture|"
    r"description|words|text|note|comment|remark|content|message|title|who|person|resident|family|ethnic|health"
)
# Public names of places and organizations.
NOT_PERSONAL = {"RegionRegistered.name", "UnitRegistered.name", "GridDrawn.name"}
EVERY_TYPE = pytest.mark.parametrize("entry", event_types(), ids=lambda entry: entry.name)


def every_field(schema: Schema, prefix: str) -> Iterator[tuple[str, fields.Field[Any]]]:
    for name, field in schema.fields.items():
        yield f"{prefix}.{name}", field
        if isinstance(field, fields.List):
            yield f"{prefix}.{name}[]", field.inner
        nested = field.inner if isinstance(field, fields.List) else field
        if isinstance(nested, fields.Nested):
            yield from every_field(nested.schema, f"{prefix}.{name}")


FIELDS = dict(
    pair for entry in event_types() for pair in every_field(entry.schema(), entry.schema.__name__)
)


def test_an_entry_is_found_by_its_cloud_events_type() -> None:
    entry = find("linli.grid.request_registered.v1")
    assert entry is RequestRegistered.event_type
    assert (entry.producer, entry.event_name, entry.version, entry.key) == (
        "grid",
        "request_registered",
        1,
        "request_id",
    )


def test_an_unknown_type_is_named_in_the_error() -> None:
    with pytest.raises(UnknownEventType, match=re.escape("linli.grid.request_registered.v9")):
        find("linli.grid.request_registered.v9")


def test_the_routing_key_leads_with_the_district() -> None:
    entry = find("linli.service_desk.case_closed.v1")
    assert entry.routing_key("110101") == "110101.service_desk.case_closed.v1"


@EVERY_TYPE
def test_an_entry_names_services_of_the_platform(entry: EventType) -> None:
    assert entry.producer in api_services()
    assert set(consumers_of(entry)) <= set(api_services()) - {entry.producer}
    assert len(set(consumers_of(entry))) == len(consumers_of(entry))
    assert re.fullmatch(r"linli\.[a-z_]+\.[a-z_]+\.v[1-9]\d*", entry.name)


def test_entries_are_listed_in_the_order_a_request_meets_the_services() -> None:
    assert [entry.producer for entry in event_types()] == sorted(
        (entry.producer for entry in event_types()), key=api_services().index
    )
    assert {entry.name for service in api_services() for entry in produced_by(service)} == set(
        REGISTRY
    )
    assert all(
        service in consumers_of(entry)
        for service in api_services()
        for entry in consumed_by(service)
    )


@EVERY_TYPE
def test_the_key_names_the_aggregate_and_is_always_there(entry: EventType) -> None:
    assert entry.key.endswith(("_id", "_code"))
    assert entry.schema().fields[entry.key].required
    assert not entry.schema().fields[entry.key].allow_none


@EVERY_TYPE
def test_a_summary_is_one_sentence_or_two_that_end(entry: EventType) -> None:
    assert entry.summary.endswith(".")


def test_an_event_type_is_entered_only_once() -> None:
    with pytest.raises(ValueError, match="in the registry already"):

        @event(producer="grid", key="request_id")
        class RequestLinked(EventData):
            """A second one of this name."""


def test_data_with_a_field_the_event_does_not_have_is_not_written() -> None:
    with pytest.raises(ValidationError, match="Not a field"):
        find("linli.grid.request_linked.v1").dump({"phone": "1"})


@pytest.mark.parametrize(("path", "field"), FIELDS.items(), ids=FIELDS.keys())
def test_no_field_can_carry_personal_data(path: str, field: fields.Field[Any]) -> None:
    name = path.rpartition(".")[2]
    assert path in NOT_PERSONAL or not PERSONAL.search(name)


def test_a_field_that_could_name_a_person_would_be_caught() -> None:
    for name in (
        "resident_name",
        "phone",
        "contact",
        "address",
        "description",
        "note",
        "id_number_of_person",
    ):
        assert PERSONAL.search(name)


def test_what_is_allowed_to_look_personal_is_there() -> None:
    assert FIELDS.keys() >= NOT_PERSONAL


@pytest.mark.parametrize(("path", "field"), FIELDS.items(), ids=FIELDS.keys())
def test_no_field_takes_free_text(path: str, field: fields.Field[Any]) -> None:
    assert not isinstance(field, fields.Dict | fields.Raw)
    if type(field) is fields.String:
        assert field.validators
        if path not in NOT_PERSONAL:
            with pytest.raises(ValidationError):
                field.deserialize("王先生说路灯坏了, call 138 0013 8000")


@pytest.mark.parametrize(("path", "field"), FIELDS.items(), ids=FIELDS.keys())
def test_every_field_is_described(path: str, field: fields.Field[Any]) -> None:
    inner_object = path.endswith("[]") and isinstance(field, fields.Nested | fields.Integer)
    assert inner_object or str(field.metadata.get("description", "")).endswith((".", "?"))
