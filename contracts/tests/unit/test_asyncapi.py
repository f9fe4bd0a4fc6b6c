"""The AsyncAPI document: sound in structure, complete, and true of the events."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator, Draft202012Validator
from linli_contracts.envelope import Message, decode
from linli_contracts.manifest import api_services
from linli_contracts.registry import consumers_of, event_types
from linli_contracts.schema import EventType

ROOT = Path(__file__).parents[3]
DOCUMENT = yaml.safe_load((ROOT / "contracts" / "asyncapi.yaml").read_text(encoding="utf-8"))
# From the npm package @asyncapi/specs, brought by `make asyncapi`, as CI does.
META_SCHEMA = ROOT / ".tools" / "asyncapi" / "3.0.0.json"
EVERY_TYPE = pytest.mark.parametrize("entry", event_types(), ids=lambda entry: entry.name)

REFERENCE = {
    "type": "object",
    "required": ["$ref"],
    "properties": {"$ref": {"type": "string", "pattern": "^#/"}},
}
STRUCTURE = {
    "type": "object",
    "required": ["asyncapi", "info", "servers", "channels", "operations", "components"],
    "properties": {
        "asyncapi": {"const": "3.0.0"},
        "info": {"required": ["title", "version"], "properties": {"version": {"type": "string"}}},
        "servers": {"additionalProperties": {"required": ["host", "protocol"]}},
        "channels": {
            "minProperties": 1,
            "additionalProperties": {
                "required": [
                    "address",
                    "messages",
                    "parameters",
                    "bindings",
                    "x-producer",
                    "x-consumers",
                ],
                "properties": {
                    "address": {"type": "string"},
                    "messages": {"minProperties": 1, "additionalProperties": REFERENCE},
                    "parameters": {"additionalProperties": REFERENCE},
                    "servers": {"type": "array", "items": REFERENCE},
                },
            },
        },
        "operations": {
            "minProperties": 1,
            "additionalProperties": {
                "required": ["action", "channel", "messages", "x-service"],
                "properties": {
                    "action": {"enum": ["send", "receive"]},
                    "channel": REFERENCE,
                    "messages": {"type": "array", "minItems": 1, "items": REFERENCE},
                    "x-service": {"enum": list(api_services())},
                },
            },
        },
        "components": {
            "required": ["messages", "schemas"],
            "properties": {
                "messages": {
                    "additionalProperties": {
                        "required": [
                            "name",
                            "summary",
                            "contentType",
                            "headers",
                            "payload",
                            "examples",
                        ],
                        "properties": {"examples": {"type": "array", "minItems": 1}},
                    }
                }
            },
        },
    },
}


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for child in node.values():
            yield from references(child)
    elif isinstance(node, list):
        for child in node:
            yield from references(child)


def resolve(reference: str) -> Any:
    node = DOCUMENT
    for step in reference.removeprefix("#/").split("/"):
        node = node[step]
    return resolve(node["$ref"]) if "$ref" in node else node


def message_of(entry: EventType) -> dict[str, Any]:
    message: dict[str, Any] = DOCUMENT["components"]["messages"][entry.name]
    return message


def test_the_structure_is_that_of_asyncapi_3() -> None:
    assert [error.message for error in Draft202012Validator(STRUCTURE).iter_errors(DOCUMENT)] == []


@pytest.mark.parametrize("part", ["channels", "operations", "info"])
def test_a_document_without_a_part_would_be_found_out(part: str) -> None:
    assert not Draft202012Validator(STRUCTURE).is_valid(
        {k: v for k, v in DOCUMENT.items() if k != part}
    )


@pytest.mark.skipif(
    not META_SCHEMA.exists(), reason="the AsyncAPI meta schema is not there: make asyncapi"
)
def test_the_document_holds_by_the_meta_schema_of_asyncapi() -> None:
    validator = Draft7Validator(json.loads(META_SCHEMA.read_text(encoding="utf-8")))
    assert [error.message for error in validator.iter_errors(DOCUMENT)] == []
    spoiled = copy.deepcopy(DOCUMENT)
    next(iter(spoiled["operations"].values()))["action"] = "publish"
    assert not validator.is_valid(spoiled)


def test_every_reference_leads_somewhere() -> None:
    all_references = set(references(DOCUMENT))
    assert all_references
    for reference in all_references:
        assert resolve(reference)


@EVERY_TYPE
def test_a_channel_has_the_routing_key_as_its_address(entry: EventType) -> None:
    channel = DOCUMENT["channels"][entry.name.removeprefix("linli.")]
    assert channel["address"].replace("{district}", "110101") == entry.routing_key("110101")
    assert channel["parameters"].keys() == {"district"}
    assert (channel["x-producer"], channel["x-consumers"]) == (
        entry.producer,
        list(consumers_of(entry)),
    )
    assert [resolve(one["$ref"]) for one in channel["messages"].values()] == [message_of(entry)]
    assert channel["bindings"]["amqp"]["exchange"]["type"] == "topic"


@EVERY_TYPE
def test_the_producer_sends_and_each_consumer_receives(entry: EventType) -> None:
    channel = f"#/channels/{entry.name.removeprefix('linli.')}"
    messages = [
        (operation["x-service"], operation["action"])
        for operation in DOCUMENT["operations"].values()
        if operation["channel"]["$ref"] == channel
    ]
    assert sorted(messages) == sorted(
        [(entry.producer, "send"), *((name, "receive") for name in consumers_of(entry))]
    )


@EVERY_TYPE
def test_the_example_of_a_message_holds_by_its_schemas_and_can_be_read(entry: EventType) -> None:
    message = message_of(entry)
    payload, headers = message["payload"], message["headers"]
    Draft202012Validator.check_schema(payload)
    merged = {"allOf": [resolve(headers["allOf"][0]["$ref"]), headers["allOf"][1]]}
    checker = Draft202012Validator.FORMAT_CHECKER
    for example in message["examples"]:
        assert (
            list(
                Draft202012Validator(payload, format_checker=checker).iter_errors(
                    example["payload"]
                )
            )
            == []
        )
        assert (
            list(
                Draft202012Validator(merged, format_checker=checker).iter_errors(example["headers"])
            )
            == []
        )
        event = decode(Message(example["headers"], json.dumps(example["payload"]).encode()))
        assert event.type == entry.name
        assert str(event.data[message["x-key"]]) == event.subject


@EVERY_TYPE
def test_headers_of_another_event_do_not_hold(entry: EventType) -> None:
    own = message_of(entry)["headers"]["allOf"][1]
    other = next(one for one in event_types() if one is not entry)
    assert not Draft202012Validator(own).is_valid(message_of(other)["examples"][0]["headers"])


def test_there_is_nothing_that_no_event_stands_behind() -> None:
    names = {entry.name for entry in event_types()}
    assert DOCUMENT["components"]["messages"].keys() == names
    assert {f"linli.{channel}" for channel in DOCUMENT["channels"]} == names
