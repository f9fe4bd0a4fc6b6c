"""The AsyncAPI 3.0 document of all events: channels, senders, receivers, examples."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from linli_contracts.envelope import CONTENT_TYPE, MAX_BODY_BYTES, REQUIRED_ATTRIBUTES, encode
from linli_contracts.manifest import api_services
from linli_contracts.registry import consumers_of, event_types
from linli_contracts.schema import EventType

from linli_devkit.contracts.examples import stored_event
from linli_devkit.contracts.json_schema import json_schema

EXCHANGE = "linli.events"

_INTRODUCTION = f"""\
Facts of a district that runs Linli, as CloudEvents 1.0 in the binary mode of the RabbitMQ binding.
A topic exchange carries them, under routing keys that begin with the code of the district. Every
event comes at least once: take it by its `ce-id` once. There is no order across aggregates; within
one, `ce-sequence` counts from 1. Ignore fields you do not know: a later release may add optional
ones, and changes nothing else within a version. The data is at most {MAX_BODY_BYTES} bytes. It
never holds names of persons, telephone numbers, addresses or residents' words.
"""

_HEADERS: dict[str, dict[str, Any]] = {
    "specversion": {"const": "1.0", "description": "Version of CloudEvents."},
    "id": {"format": "uuid", "description": "The event; the same in every delivery of it."},
    "source": {
        "pattern": "^urn:linli:[^:]+:[^:]+$",
        "description": "urn:linli:<district>:<service>.",
    },
    "type": {"description": "Type of the event, with its version."},
    "subject": {"description": "Id of the aggregate the fact is about."},
    "time": {
        "format": "date-time",
        "description": "When the fact happened; long ago for imported history. UTC.",
    },
    "dataschema": {"format": "uri", "description": "Names the JSON Schema of the data."},
    "sequence": {
        "pattern": "^[1-9][0-9]*$",
        "description": "Counts the events of the aggregate, from 1.",
    },
    "partitionkey": {"description": "The aggregate again, for brokers that partition."},
    "correlationid": {"description": "What began it all, most often the resident's request."},
    "causationid": {"description": "Id of the event that led to this one."},
    "traceparent": {"description": "W3C trace context."},
}


def asyncapi_document() -> dict[str, Any]:
    """The document as plain data, in an order that is the same every time."""
    entries = event_types()
    return {
        "asyncapi": "3.0.0",
        "id": "urn:linli:events",
        "info": {
            "title": "Events of Linli (邻里)",
            "version": version("linli-contracts"),
            "description": " ".join(_INTRODUCTION.split()),
        },
        "defaultContentType": CONTENT_TYPE,
        "servers": {"district": _server()},
        "channels": {_channel_id(entry): _channel(entry) for entry in entries},
        "operations": _operations(entries),
        "components": {
            "schemas": {"CloudEventHeaders": _headers()},
            "messages": {entry.name: _message(entry) for entry in entries},
            "parameters": {
                "district": {"description": "6-digit code of the district.", "examples": ["110101"]}
            },
        },
    }


def _server() -> dict[str, Any]:
    return {
        "host": "{host}:{port}",
        "protocol": "amqp",
        "protocolVersion": "0-9-1",
        "pathname": "/{vhost}",
        "description": "The RabbitMQ of one district, with a virtual host of its own.",
        "variables": {
            "host": {"description": "Where the broker of the district answers."},
            "port": {"default": "5672", "description": "5671 with TLS."},
            "vhost": {"description": "The virtual host of the district."},
        },
    }


def _channel_id(entry: EventType) -> str:
    return entry.name.removeprefix("linli.")


def _channel(entry: EventType) -> dict[str, Any]:
    return {
        "address": entry.routing_key("{district}"),
        "title": entry.name,
        "summary": entry.summary,
        "servers": [{"$ref": "#/servers/district"}],
        "parameters": {"district": {"$ref": "#/components/parameters/district"}},
        "messages": {entry.name: {"$ref": f"#/components/messages/{entry.name}"}},
        "bindings": {
            "amqp": {
                "is": "routingKey",
                "exchange": {
                    "name": EXCHANGE,
                    "type": "topic",
                    "durable": True,
                    "autoDelete": False,
                },
                "bindingVersion": "0.3.0",
            }
        },
        "x-producer": entry.producer,
        "x-consumers": list(consumers_of(entry)),
    }


def _operations(entries: list[EventType]) -> dict[str, Any]:
    operations = {}
    for service in api_services():
        for entry in entries:
            if entry.producer == service:
                operations[f"{service}.sends.{_channel_id(entry)}"] = _operation(
                    entry, service, "send"
                )
            if service in consumers_of(entry):
                operations[f"{service}.receives.{_channel_id(entry)}"] = _operation(
                    entry, service, "receive"
                )
    return operations


def _operation(entry: EventType, service: str, action: str) -> dict[str, Any]:
    channel = f"#/channels/{_channel_id(entry)}"
    binding = {"deliveryMode": 2, "mandatory": True} if action == "send" else {"ack": True}
    return {
        "action": action,
        "channel": {"$ref": channel},
        "summary": f"{service} {action}s: {entry.summary}",
        "messages": [{"$ref": f"{channel}/messages/{entry.name}"}],
        "bindings": {"amqp": {**binding, "bindingVersion": "0.3.0"}},
        "x-service": service,
    }


def _headers() -> dict[str, Any]:
    return {
        "type": "object",
        "description": "The attributes of a CloudEvent as AMQP headers.",
        "properties": {f"ce-{name}": {"type": "string", **more} for name, more in _HEADERS.items()},
        "required": [f"ce-{name}" for name in REQUIRED_ATTRIBUTES],
    }


def _message(entry: EventType) -> dict[str, Any]:
    schema = json_schema(entry)
    payload = {name: value for name, value in schema.items() if name not in ("$schema", "$id")}
    wire = encode(stored_event(entry))
    example = {
        "name": "example",
        "headers": dict(wire.headers),
        "payload": entry.dump(stored_event(entry).data),
    }
    own = {"ce-type": {"const": entry.name}, "ce-dataschema": {"const": entry.dataschema}}
    return {
        "name": entry.name,
        "title": entry.schema.__name__,
        "summary": entry.summary,
        "description": schema["description"],
        "contentType": CONTENT_TYPE,
        "correlationId": {"location": "$message.header#/ce-correlationid"},
        "headers": {
            "allOf": [{"$ref": "#/components/schemas/CloudEventHeaders"}, {"properties": own}]
        },
        "payload": payload,
        "examples": [example],
        "x-version": entry.version,
        "x-key": entry.key,
    }
