"""The fast path gives what marshmallow gives, or leaves it to marshmallow."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from linli_contracts.events.grid.requests import RequestRelocated
from linli_contracts.fast_path import codecs
from linli_contracts.registry import event_types, find
from linli_contracts.schema import EventType
from linli_devkit.contracts.examples import stored_example
from linli_kernel.codes import RegionCode
from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load, validate

ENTRIES = event_types()
SCHEMAS = {entry.name: entry.schema() for entry in ENTRIES}
CODECS = {name: codecs(schema) for name, schema in SCHEMAS.items()}


def leaves(value: Any) -> Iterator[Any]:
    """All values in a document that hold no others."""
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from leaves(each)
    else:
        yield value


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """All places in a document, as container and key."""
    for key, each in list(value.items() if isinstance(value, dict) else enumerate(value)):
        yield value, key
        if isinstance(each, dict | list):
            yield from places(each)


FOUND = [leaf for entry in ENTRIES for leaf in leaves(stored_example(entry)["data"])]
LOADED = [
    leaf
    for entry in ENTRIES
    for leaf in leaves(SCHEMAS[entry.name].load(stored_example(entry)["data"]))
]
EAST = timezone(timedelta(hours=8))
ODD = [
    *(None, True, False, 0, 1, -1, 7.5, 10**400, float("nan"), float("inf")),
    *("", " ", "nan", b"abc", [], {}, [None], [""], "a" * 300, "１２３４５６", "110101\n"),
    *("2026-11-21T02:00:00", "2026-11-21T02:00:00Z", "2026-11-21T10:00:00+08:00", "2026-11-21"),
    *(
        "0001-01-01T00:00:00+08:00",
        "{01a1f15c-4b00-731d-8cd5-808443f2bc13}",
        "01a1f15c4b00731d8cd5808443f2bc13",
    ),
    *(
        UUID(int=7),
        datetime(2026, 1, 1),  # noqa: DTZ001
        datetime(2026, 1, 1, tzinfo=EAST),
        datetime(1, 1, 1, tzinfo=EAST),
    ),
]


def changed(draw: st.DataObject, document: Any, known: list[Any]) -> Any:
    """The document with up to three places taken out or holding something else."""
    document = copy.deepcopy(document)
    for _ in range(draw.draw(st.integers(0, 3))):
        container, key = draw.draw(st.sampled_from(list(places(document))))
        if isinstance(container, dict) and draw.draw(st.booleans()):
            container.pop(key)
        elif key in container or isinstance(container, list):
            strange = st.sampled_from(ODD) | st.sampled_from(known) | st.text()
            numbers = st.integers() | st.floats()
            container[key] = copy.deepcopy(draw.draw(strange | numbers))
        if not list(places(document)):
            break
    return document


def answer(ask: Any, value: Any) -> Any:
    try:
        return ask(value), None
    except Exception as error:
        return None, error


def same(one: Any, other: Any) -> bool:
    """Equal and of the same kinds, in the same order."""
    return repr(one) == repr(other)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_every_event_type_has_a_fast_path(entry: EventType) -> None:
    read, write = CODECS[entry.name]
    wire = stored_example(entry)["data"]
    assert same(read(wire), SCHEMAS[entry.name].load(wire))
    assert same(write(read(wire)), SCHEMAS[entry.name].dump(SCHEMAS[entry.name].load(wire)))


@given(entry=st.sampled_from(ENTRIES), data=st.data())
def test_what_is_loaded_fast_is_what_marshmallow_loads(
    entry: EventType, data: st.DataObject
) -> None:
    wire = changed(data, stored_example(entry)["data"], FOUND)
    fast, refused = answer(CODECS[entry.name][0], wire)
    if not refused:
        assert same(fast, SCHEMAS[entry.name].load(wire))


@given(entry=st.sampled_from(ENTRIES), data=st.data())
def test_what_is_dumped_fast_is_what_marshmallow_dumps_and_finds_valid(
    entry: EventType, data: st.DataObject
) -> None:
    schema = SCHEMAS[entry.name]
    values = changed(data, schema.load(stored_example(entry)["data"]), LOADED)
    fast, refused = answer(CODECS[entry.name][1], values)
    if not refused:
        dumped = schema.dump(values)
        assert schema.validate(dumped) == {}
        assert same(fast, dumped)


@given(entry=st.sampled_from(ENTRIES), data=st.data())
def test_the_registry_loads_as_without_the_fast_path(entry: EventType, data: st.DataObject) -> None:
    wire = changed(data, stored_example(entry)["data"], FOUND)
    ours, refused = answer(entry.load, wire)
    theirs, error = answer(SCHEMAS[entry.name].load, wire)
    assert same(ours, theirs)
    assert (refused and refused.messages) == (error and error.messages)


class Inner(Schema):
    class Meta:
        unknown = EXCLUDE

    at = fields.String(required=True)


class Strict(Schema):
    at = fields.String(required=True)


class Hooked(Inner):
    @post_load
    def shout(self, data: dict[str, Any], **_more: Any) -> dict[str, Any]:
        return {name: value.upper() for name, value in data.items()}


ONE = validate.OneOf([UUID(int=1)])
STRANGE = {
    "unknown fields are refused": Strict(),
    "a hook": Hooked(),
    "another key": Schema.from_dict({"at": fields.String(data_key="At")})(unknown=EXCLUDE),
    "a kind it does not know": Schema.from_dict({"at": fields.Date()})(unknown=EXCLUDE),
    "a number as text": Schema.from_dict({"at": fields.Float(as_string=True)})(unknown=EXCLUDE),
    "a whole number not strictly": Schema.from_dict({"at": fields.Integer()})(unknown=EXCLUDE),
    "a default when writing": Schema.from_dict({"at": fields.String(dump_default="x")})(
        unknown=EXCLUDE
    ),
    "a validator of ids": Schema.from_dict(
        {"at": fields.UUID(validate=validate.OneOf([UUID(int=1)]))}
    )(unknown=EXCLUDE),
    "a limit that is not reached": Schema.from_dict(
        {"at": fields.Float(validate=validate.Range(0, min_inclusive=False))}
    )(unknown=EXCLUDE),
    "an exact length": Schema.from_dict({"at": fields.String(validate=validate.Length(equal=3))})(
        unknown=EXCLUDE
    ),
    "two limits of a kind": Schema.from_dict(
        {"at": fields.Float(validate=[validate.Range(0), validate.Range(7)])}
    )(unknown=EXCLUDE),
    "many nested": Schema.from_dict({"at": fields.Nested(Inner, many=True)})(unknown=EXCLUDE),
    "a strict one nested": Schema.from_dict({"at": fields.Nested(Strict)})(unknown=EXCLUDE),
}


@pytest.mark.parametrize("schema", STRANGE.values(), ids=STRANGE.keys())
def test_a_schema_with_anything_unknown_in_it_is_left_to_marshmallow(schema: Schema) -> None:
    with pytest.raises((KeyError, TypeError)):
        codecs(schema)


def test_an_event_against_its_schema_is_refused_with_all_that_is_wrong() -> None:
    entry = find("linli.service_desk.case_rated.v1")
    with pytest.raises(ValidationError) as caught:
        entry.dump({"case_id": "x", "solved": "yes"})
    assert {"case_id", "request_id", "solved", "satisfaction"} <= set(caught.value.messages_dict)


def test_a_region_code_is_dumped_as_the_text_that_it_is() -> None:
    entry = RequestRelocated.event_type
    data = {"request_id": uuid4(), "grid_code": RegionCode("11010100501201")}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(entry.schema, "dump", None)  # marshmallow is not asked
        dumped = entry.dump(data)
    assert dumped == {"request_id": str(data["request_id"]), "grid_code": "11010100501201"}
    assert type(dumped["grid_code"]) is str
