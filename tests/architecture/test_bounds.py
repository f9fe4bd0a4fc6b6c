"""Nothing is read, listed or waited for without a bound, as far as the code can be asked."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from linli_chassis.http import routes_of
from linli_chassis.http.openapi import openapi_of
from linli_chassis.settings import Settings
from linli_contracts.manifest import api_services, find_service
from linli_devkit.client import ENVIRON
from linli_devkit.import_rules import packages

ROOT = Path(__file__).parents[2]
FREE = {"geometry": "bounded by the bytes of the body, and looked at when it is read"}
"""Objects that are sent without a schema, with the reason."""

WHOLE = {
    "/services": "the service catalogue, a file",
    "/indicators": "the definitions, a file",
}
"""Lists without pages, with what bounds them."""

WAITING = re.compile(
    r"""(^|\.)requests\.(get|post|put|patch|delete|head|request)$
    | _session(\(.*\))?\.request$
    | urlopen$
    | (^|\.)socket\.create_connection$
    | (^|\.)psycopg2\.connect$
    | http\.client\.HTTPS?Connection$
    | (^|kombu\.)Connection$
    | (^|\.)subprocess\.(run|check_output|check_call|call)$""",
    re.VERBOSE,
)
"""Calls that wait for another process or machine, and may be told for how long."""

PIKA_TIMEOUTS = {"socket_timeout", "stack_timeout", "blocked_connection_timeout"}


def inputs(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The schemas of all that a client may send, each with its place."""
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            for parameter in operation["parameters"]:
                if parameter["in"] != "path":  # the server reads no address over 8 KiB
                    yield f"{method} {path} {parameter['name']}", parameter["schema"]
            if "requestBody" in operation:
                for kind, content in operation["requestBody"]["content"].items():
                    yield f"{method} {path} {kind}", content["schema"]


def unbounded(document: dict[str, Any], place: str, schema: dict[str, Any]) -> Iterator[str]:
    """The places below a schema at which any amount may be sent."""
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    kind = schema.get("type", [])
    kinds = {kind} if isinstance(kind, str) else set(kind)
    is_free = "object" in kinds and schema.get("additionalProperties") is not False
    if "string" in kinds and not is_short(schema):
        yield place
    if "array" in kinds and "maxItems" not in schema:
        yield f"{place}[]"
    if is_free and not place.endswith(tuple(FREE)):
        yield f"{place}{{}}"
    for inner_place, inner in parts(place, schema):
        yield from unbounded(document, inner_place, inner)


def parts(place: str, schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The schemas within a schema, each with its place."""
    yield from ((place, part) for part in (*schema.get("allOf", ()), *schema.get("anyOf", ())))
    yield from ((f"{place}.{name}", part) for name, part in schema.get("properties", {}).items())
    if "items" in schema:
        yield f"{place}[]", schema["items"]


def is_short(schema: dict[str, Any]) -> bool:
    """Whether the length of a text has a bound."""
    if schema.keys() & {"maxLength", "enum", "format"} or "anyOf" in schema:
        return True
    return "pattern" in schema and not re.search(r"[*+]|,\}", schema["pattern"])


@pytest.mark.parametrize("service", api_services())
def test_every_text_and_list_that_is_sent_has_a_greatest_length(service: str) -> None:
    document = openapi_of(find_service(service).load_service())
    schemas = list(inputs(document))
    assert schemas
    assert [at for place, schema in schemas for at in unbounded(document, place, schema)] == []


def test_what_may_be_sent_without_a_bound_is_found() -> None:
    text, items = {"type": "string"}, {"type": "array", "items": {"type": "integer"}}
    thing = {"type": "object", "properties": {"name": text, "tags": items}}
    assert list(unbounded({}, "x", thing)) == ["x{}", "x.name", "x.tags[]"]
    assert list(unbounded({}, "x", {**text, "pattern": "^[a-z]+$"})) == ["x"]
    assert list(unbounded({}, "x", {**text, "pattern": "^[a-z]{1,9}$"})) == []


def test_a_body_is_bounded_in_bytes() -> None:
    assert (
        0
        < Settings.load({**ENVIRON, "DATABASE_URL": "postgresql:///x"}).max_body_bytes
        <= 16 * 2**20
    )


@pytest.mark.parametrize("service", api_services())
def test_every_list_has_pages(service: str) -> None:
    whole = {
        route.path
        for route in routes_of(find_service(service).load_service())
        if route.method == "GET" and "<" not in route.path and route.response
        if "next" not in route.response().fields
    }
    assert whole <= WHOLE.keys()


def trees() -> Iterator[tuple[Path, ast.AST]]:
    """The code that runs in a district, file by file; the devkit does not."""
    for name in packages():
        if name != "linli_devkit":
            [folder] = [*ROOT.glob(f"*/{name}"), *ROOT.glob(f"services/*/{name}")]
            for path in folder.rglob("*.py"):
                yield path.relative_to(ROOT), ast.parse(path.read_text(encoding="utf-8"))


def endless(tree: ast.AST) -> Iterator[int]:
    """The lines of calls that may wait for ever."""
    assigned = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        function = ast.unparse(node.func)
        if function == "pika.URLParameters" and not assigned >= PIKA_TIMEOUTS:
            yield node.lineno
        named = {keyword.arg for keyword in node.keywords}
        by_place = function.endswith("create_connection") and len(node.args) > 1
        in_time = by_place or named & {"timeout", "connect_timeout"}
        if WAITING.search(function) and not in_time:
            yield node.lineno


def test_every_wait_for_another_process_has_a_timeout() -> None:
    assert [f"{path}:{line}" for path, tree in trees() for line in endless(tree)] == []


@pytest.mark.parametrize(
    ("code", "is_endless"),
    [
        ("requests.get(url)", True),
        ("requests.get(url, timeout=5)", False),
        ("self._session(url).request('GET', url)", True),
        ("socket.create_connection(address)", True),
        ("socket.create_connection(address, 3)", False),
        ("psycopg2.connect(url)", True),
        ("psycopg2.connect(url, connect_timeout=3)", False),
        ("Connection(uri)", True),
        ("subprocess.run(command)", True),
        ("pika.URLParameters(uri)", True),
        ("query.get(name)", False),
    ],
)
def test_a_wait_without_a_timeout_is_found(code: str, is_endless: bool) -> None:
    assert bool(list(endless(ast.parse(code)))) is is_endless
