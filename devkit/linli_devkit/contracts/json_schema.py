"""The JSON Schema of the data of each event type, made from its marshmallow schema."""

from __future__ import annotations

import inspect
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow.openapi import OpenAPIConverter
from linli_contracts.schema import EventType

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema(entry: EventType) -> dict[str, Any]:
    """The JSON Schema (2020-12) of one event type, complete in itself, without references.

    Unknown properties are allowed at every level, since a later release may add optional ones.
    It keeps to keywords that mean the same in draft 7, the dialect of AsyncAPI.
    """
    spec = APISpec("events", "1", openapi_version="3.1.0")
    # A nested schema that resolves to no name is put in place of a reference to it.
    converter: Any = OpenAPIConverter("3.1.0", lambda _: "", spec)
    data: dict[str, Any] = converter.schema2jsonschema(entry.schema())
    _open(data)
    head = {"$schema": DIALECT, "$id": entry.dataschema, "title": entry.name}
    return {**head, "description": inspect.getdoc(entry.schema), **data}


def _open(node: dict[str, Any]) -> None:
    if "properties" in node:
        node["additionalProperties"] = True
    for child in [
        *node.get("properties", {}).values(),
        *([node["items"]] if "items" in node else []),
    ]:
        _open(child)
