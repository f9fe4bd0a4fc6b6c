"""The OpenAPI 3.1 document of a service, made from the same schemas that check its requests."""

from __future__ import annotations

import inspect
import re
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin

from linli_chassis.http import idempotency
from linli_chassis.http.body import MEDIA_TYPE
from linli_chassis.http.problems import MEDIA_TYPE as PROBLEM_MEDIA_TYPE
from linli_chassis.http.route_info import CODE_PATTERN, RouteInfo, routes_of
from linli_chassis.http.schemas import FileBody, FileResponse
from linli_chassis.storage.files import MEDIA_TYPES

OPENAPI_VERSION = "3.1.0"
_PARAMETER = re.compile(r"<(?:(?P<kind>\w+)(?:\([^)]*\))?:)?(?P<name>\w+)>")
_KINDS = {
    "code": {"type": "string", "pattern": f"^{CODE_PATTERN}$"},
    "uuid": {"type": "string", "format": "uuid"},
    "int": {"type": "integer"},
    "float": {"type": "number"},
}

_FILES = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in MEDIA_TYPES}

_ERROR = {
    "type": "object",
    "required": ["detail"],
    "properties": {
        "pointer": {"type": "string", "description": "JSON pointer into the body."},
        "parameter": {"type": "string", "description": "Name of a query parameter."},
        "detail": {"type": "string"},
    },
}
_PROBLEM = {
    "type": "object",
    "description": (
        "RFC 9457. `title`, `detail` and `errors` are told in the language of Accept-Language."
    ),
    "required": ["type", "title", "status", "detail", "instance", "correlation_id"],
    "properties": {
        "type": {"type": "string", "examples": ["urn:linli:problem:invalid-body"]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string", "description": "The path that was asked for."},
        "correlation_id": {"type": "string", "description": "Stands in the service's log too."},
        "errors": {"type": "array", "items": _ERROR},
    },
}


def openapi_of(service: Any) -> dict[str, Any]:
    """The document of a service class, as JSON values."""
    plugin = MarshmallowPlugin(schema_name_resolver=_schema_name)
    spec = APISpec(
        title=f"Linli {service.name.replace('_', ' ')}",
        version=_version(service.name),
        openapi_version=OPENAPI_VERSION,
        info={"description": (service.__doc__ or "").strip()},
        plugins=[plugin],
    )
    spec.components.security_scheme(
        "bearer", {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    )
    spec.components.schema("Problem", _PROBLEM)
    spec.components.response(
        "Problem",
        {"description": "The problem.", "content": {PROBLEM_MEDIA_TYPE: {"schema": "Problem"}}},
    )
    for info in routes_of(service):
        path = _PARAMETER.sub(r"{\g<name>}", info.path)
        spec.path(
            f"/api/{service.name}/v1{path}", operations={info.method.lower(): _operation(info)}
        )
    document: dict[str, Any] = spec.to_dict()
    schemas = document["components"]["schemas"]
    for (kind, *_), name in plugin.converter.refs.items() if plugin.converter else ():
        if kind.__doc__:  # a page of something has none
            schemas[name]["description"] = inspect.cleandoc(kind.__doc__)
    return document


def _operation(info: RouteInfo) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": info.method_name,
        "summary": info.summary,
        "tags": [info.path.split("/")[1]],
        "parameters": [*_path_parameters(info), *_other_parameters(info)],
        "security": [] if info.public else [{"bearer": []}],
        "x-roles": list(info.roles),
        "x-scope": info.scope.value,
        "responses": {str(info.status): _response(info), "4XX": "Problem", "5XX": "Problem"},
    }
    if info.description:
        operation["description"] = info.description
    if info.body:
        file = issubclass(info.body, FileBody)
        content = _FILES if file else {MEDIA_TYPE: {"schema": info.body}}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _path_parameters(info: RouteInfo) -> list[dict[str, Any]]:
    return [
        {
            "in": "path",
            "name": match["name"],
            "required": True,
            "schema": _KINDS.get(match["kind"] or "", {"type": "string"}),
        }
        for match in _PARAMETER.finditer(info.path)
    ]


def _other_parameters(info: RouteInfo) -> list[dict[str, Any]]:
    parameters: list[dict[str, Any]] = []
    if info.query:
        parameters.append({"in": "query", "schema": info.query})
    if info.method == "POST":
        parameters.append(
            {
                "in": "header",
                "name": idempotency.HEADER,
                "required": False,
                "schema": {"type": "string", "pattern": f"^{idempotency.KEY_PATTERN}$"},
                "description": (
                    "The same key and body get the first answer again and change nothing."
                ),
            }
        )
    return parameters


def _response(info: RouteInfo) -> dict[str, Any]:
    if info.response is None:
        return {"description": "Done."}
    if issubclass(info.response, FileResponse):
        return {"description": "The file.", "content": _FILES}
    return {"description": "The answer.", "content": {MEDIA_TYPE: {"schema": info.response}}}


def _schema_name(schema: Any) -> str:
    kind = schema if isinstance(schema, type) else type(schema)
    return kind.__name__


def _version(service: str) -> str:
    for distribution in (f"linli-{service.replace('_', '-')}", "linli-chassis"):
        try:
            return version(distribution)
        except PackageNotFoundError:
            continue
    return "0"
