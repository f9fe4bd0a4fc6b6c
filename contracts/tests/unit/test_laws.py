"""Laws over all events: both forms of a schema agree, and valid events come back equal."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from linli_contracts.envelope import decode, encode
from linli_contracts.registry import event_types
from linli_contracts.schema import EventType
from linli_devkit.contracts.examples import stored_event, stored_example
from linli_devkit.contracts.json_schema import json_schema
from marshmallow import ValidationError

CHECKER = Draft202012Validator.FORMAT_CHECKER
VALIDATORS = {
    entry.name: Draft202012Validator(json_schema(entry), format_checker=CHECKER)
    for entry in event_types()
}


def values(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """JSON values that a schema of ours allows."""
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return st.one_of([KINDS[kind](schema) for kind in kinds])


def texts(schema: dict[str, Any]) -> st.SearchStrategy[str]:
    if schema.get("format") == "uuid":
        return st.uuids().map(str)
    if schema.get("format") == "date-time":
        return st.datetimes(timezones=st.just(UTC)).map(lambda at: at.isoformat())
    low, high = schema.get("minLength", 0), schema.get("maxLength", 200)
    known = st.from_regex(re.compile(schema["pattern"], re.ASCII), fullmatch=True)
    return known.map(lambda text: text.rstrip("\n")).filter(lambda text: low <= len(text) <= high)


def objects(schema: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    fields = {name: values(field) for name, field in schema["properties"].items()}
    required = {name: fields.pop(name) for name in schema["required"]}
    return st.fixed_dictionaries(required, optional=fields)


def numbers(schema: dict[str, Any]) -> st.SearchStrategy[float]:
    low, high = schema.get("minimum"), schema.get("maximum")
    return st.floats(low, high, allow_nan=False, allow_infinity=False)


KINDS: dict[str, Any] = {
    "string": texts,
    "object": objects,
    "number": numbers,
    "integer": lambda schema: st.integers(schema.get("minimum"), schema.get("maximum")),
    "boolean": lambda _: st.booleans(),
    "array": lambda schema: st.lists(
        values(schema["items"]), min_size=schema.get("minItems", 0), max_size=3
    ),
    "null": lambda _: st.none(),
}
anything = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.lists(st.text(), max_size=2)
)
entries = st.sampled_from(event_types())


@given(entry=entries, data=st.data())
def test_whatever_the_json_schema_allows_is_read_and_travels(
    entry: EventType, data: st.DataObject
) -> None:
    wire = data.draw(values(json_schema(entry)))
    assert list(VALIDATORS[entry.name].iter_errors(wire)) == []
    event = replace(stored_event(entry), data=entry.load(wire))
    assert decode(encode(event)) == event


@given(entry=entries, data=st.data(), value=anything)
def test_whatever_is_read_is_written_as_the_json_schema_allows(
    entry: EventType, data: st.DataObject, value: Any
) -> None:
    wire = stored_example(entry)["data"]
    wire[data.draw(st.sampled_from(sorted(wire)))] = value
    try:
        loaded = entry.load(wire)
    except ValidationError:
        return
    assert list(VALIDATORS[entry.name].iter_errors(entry.dump(loaded))) == []


@given(entry=entries, data=st.data(), value=anything | st.datetimes() | st.uuids() | st.binary())
def test_what_cannot_be_written_is_a_validation_error(
    entry: EventType, data: st.DataObject, value: Any
) -> None:
    values_now = entry.load(stored_example(entry)["data"])
    values_now[data.draw(st.sampled_from(sorted(values_now)))] = value
    try:
        written = entry.dump(values_now)
    except ValidationError:
        return
    assert list(VALIDATORS[entry.name].iter_errors(written)) == []
