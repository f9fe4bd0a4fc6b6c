"""What may change in a published event, and what may not."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from linli_contracts.registry import event_types
from linli_devkit.contracts.compatibility import Break, compare, compare_all
from linli_devkit.contracts.json_schema import json_schema

SCHEMAS = {entry.name: json_schema(entry) for entry in event_types()}
NAME = "linli.grid.sample_taken.v1"
CODE = {"type": "string", "pattern": "^[a-z]+$"}
SAMPLE: dict[str, Any] = {
    "type": "object",
    "description": "A sample.",
    "properties": {
        "sample_id": {"type": "string", "format": "uuid"},
        "kind": {"type": "string", "enum": ["soil", "water"], "description": "Kind."},
        "depth": {"type": ["number", "null"], "minimum": 0, "maximum": 10},
        "code": CODE,
        "place": {
            "type": ["object", "null"],
            "properties": {"longitude": {"type": "number"}},
            "required": ["longitude"],
            "additionalProperties": True,
        },
        "parts": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "properties": {"cost": {"type": "integer"}},
                "required": ["cost"],
            },
        },
        "optional": {"type": "string", "maxLength": 5},
    },
    "required": ["sample_id", "kind", "depth", "code", "place", "parts"],
    "additionalProperties": True,
}
Change = Callable[[dict[str, Any], dict[str, Any]], Any]


def put(path: str, **rules: Any) -> Change:
    """Set rules of a field; `path` is written as a break writes it, empty for the event."""

    def change(schema: dict[str, Any], _: dict[str, Any]) -> None:
        node = schema
        for step in path.replace("[]", ".[]").split(".") if path else []:
            node = node["items"] if step == "[]" else node["properties"][step]
        node.update(rules)

    return change


BREAKING: dict[str, tuple[Change, str, str]] = {
    "a field removed": (lambda _, fields: fields.pop("optional"), "optional", "gone"),
    "a required field removed": (lambda _, fields: fields.pop("code"), "code", "gone"),
    "a field renamed": (lambda _, fields: fields.update(codes=fields.pop("code")), "code", "gone"),
    "a field made required": (
        lambda schema, _: schema["required"].append("optional"),
        "optional",
        "required now",
    ),
    "a field no longer required": (
        lambda schema, _: schema["required"].remove("code"),
        "code",
        "no longer required",
    ),
    "a new field that is required": (
        lambda schema, fields: (fields.update(new=CODE), schema["required"].append("new")),
        "new",
        "a new field is required",
    ),
    "a type changed": (put("code", type="integer"), "code", "type went from string to integer"),
    "a type widened": (
        put("parts[].cost", type="number"),
        "parts[].cost",
        "type went from integer to number",
    ),
    "a type added": (put("code", type=["string", "integer"]), "code", "integer or string"),
    "nullability removed": (put("depth", type="number"), "depth", "no longer be null"),
    "nullability removed from an object": (
        put("place", type="object"),
        "place",
        "no longer be null",
    ),
    "nullability added": (put("code", type=["string", "null"]), "code", "may be null now"),
    "an enumeration narrowed": (put("kind", enum=["soil"]), "kind", "lost water"),
    "an enumeration widened": (put("kind", enum=["soil", "water", "air"]), "kind", "gained air"),
    "an enumeration opened": (lambda _, fields: fields["kind"].pop("enum"), "kind", "enum went"),
    "a string closed": (put("code", enum=["a"]), "code", "enum went"),
    "a pattern narrowed": (put("code", pattern="^[a-y]+$"), "code", "pattern went"),
    "a pattern removed": (lambda _, fields: fields["code"].pop("pattern"), "code", "pattern went"),
    "a lower bound raised": (put("depth", minimum=1), "depth", "minimum went from 0 to 1"),
    "an upper bound raised": (put("depth", maximum=11), "depth", "maximum went"),
    "a bound added": (put("parts[].cost", minimum=0), "parts[].cost", "minimum went"),
    "a length changed": (put("optional", maxLength=6), "optional", "maxLength went"),
    "a format changed": (put("sample_id", format="uri"), "sample_id", "format went"),
    "an empty array allowed": (put("parts", minItems=0), "parts", "minItems went"),
    "a default given": (put("optional", default="a"), "optional", "default went"),
    "a nested field removed": (
        lambda _, fields: fields["place"].update(properties={}),
        "place.longitude",
        "gone",
    ),
    "a nested type changed": (
        put("place.longitude", type="string"),
        "place.longitude",
        "type went",
    ),
    "a field of an item no longer required": (
        put("parts[]", required=[]),
        "parts[].cost",
        "no longer required",
    ),
    "items no longer described": (
        lambda _, fields: fields["parts"].pop("items"),
        "parts",
        "what the array holds",
    ),
    "closed to new fields": (put("", additionalProperties=False), "", "additionalProperties went"),
}

FINE: dict[str, Change] = {
    "nothing": put(""),
    "an optional field added": lambda _, fields: fields.update(new={"type": "integer"}),
    "an optional object added": lambda _, fields: fields.update(new=copy.deepcopy(SAMPLE)),
    "an optional field added in an object": lambda _, fields: fields["place"]["properties"].update(
        altitude=CODE
    ),
    "an optional field added in an item": lambda _, fields: fields["parts"]["items"][
        "properties"
    ].update(unit=CODE),
    "other words": put("kind", description="The kind.", title="Kind", examples=["soil"]),
    "another order of required": lambda schema, _: schema["required"].reverse(),
    "another order of values": put("kind", enum=["water", "soil"]),
    "another order of types": put("depth", type=["null", "number"]),
    "a type in a list": put("code", type=["string"]),
}


def changed(change: Change) -> dict[str, Any]:
    schema = copy.deepcopy(SAMPLE)
    change(schema, schema["properties"])
    return schema


@pytest.mark.parametrize(("change", "path", "message"), BREAKING.values(), ids=BREAKING.keys())
def test_a_change_that_breaks_is_reported_with_its_path(
    change: Change, path: str, message: str
) -> None:
    broken = [
        broken for broken in compare(NAME, SAMPLE, changed(change)) if message in broken.change
    ]
    assert [one.path for one in broken] == [path]


@pytest.mark.parametrize("change", FINE.values(), ids=FINE.keys())
def test_a_change_that_adds_or_explains_is_fine(change: Change) -> None:
    assert compare(NAME, SAMPLE, changed(change)) == []


def test_a_break_names_the_event_the_field_and_the_remedy() -> None:
    assert str(Break(NAME, "code", "the field is gone")) == (
        f"{NAME} code: the field is gone; "
        "put it back, and publish linli.grid.sample_taken.v2 beside it"
    )


def test_null_in_an_enumeration_is_reported_once() -> None:
    change = put("kind", type=["string", "null"], enum=["soil", "water", None])
    assert [broken.change for broken in compare(NAME, SAMPLE, changed(change))] == [
        "it may be null now"
    ]


def test_values_that_are_no_strings_are_compared_too() -> None:
    one, two = {"enum": [1, 2]}, {"enum": [2, 3]}
    assert [broken.change for broken in compare(NAME, one, two)] == [
        "its values lost 1",
        "its values gained 3",
    ]


def test_a_new_type_is_fine_and_a_type_that_is_gone_is_not() -> None:
    later = NAME.replace("v1", "v2")
    assert compare_all({NAME: SAMPLE}, {NAME: SAMPLE, later: {}}) == []
    assert [broken.change for broken in compare_all({NAME: SAMPLE}, {later: SAMPLE})] == [
        "the event type is gone"
    ]


schemas = st.sampled_from(sorted(SCHEMAS))


@given(name=schemas)
def test_every_event_is_compatible_with_itself(name: str) -> None:
    assert compare(name, SCHEMAS[name], copy.deepcopy(SCHEMAS[name])) == []


def objects(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "properties" in node:
        yield node
        for field in node["properties"].values():
            yield from objects(field)
    if "items" in node:
        yield from objects(node["items"])


@given(name=schemas, data=st.data())
def test_adding_optional_fields_anywhere_never_breaks_and_removing_them_always_does(
    name: str, data: st.DataObject
) -> None:
    later = copy.deepcopy(SCHEMAS[name])
    node = data.draw(st.sampled_from(list(objects(later))))
    node["properties"][data.draw(st.text("xyz", min_size=1))] = data.draw(
        st.sampled_from(list(SCHEMAS.values()))
    )
    assert compare(name, SCHEMAS[name], later) == []
    assert compare(name, later, SCHEMAS[name]) != []


@given(name=schemas, data=st.data())
def test_changing_any_one_rule_of_any_field_breaks(name: str, data: st.DataObject) -> None:
    later = copy.deepcopy(SCHEMAS[name])
    node = data.draw(st.sampled_from(list(objects(later))))
    field = node["properties"][data.draw(st.sampled_from(sorted(node["properties"])))]
    rule = data.draw(
        st.sampled_from(sorted(field.keys() - {"description", "properties", "required", "items"}))
    )
    del field[rule]
    assert compare(name, SCHEMAS[name], later) != []
    assert compare(name, later, SCHEMAS[name]) != []
