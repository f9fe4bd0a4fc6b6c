"""Every route of every OpenAPI document gets made-up input: none fails inside."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from linli_client.http import ADMIN
from linli_contracts.manifest import api_services
from linli_devkit.people import People
from linli_devkit.platforms import embedded_platform
from linli_devkit.running_platform import RunningPlatform

EXAMPLES = 30
METHODS = ("get", "post", "put", "delete")
NUMBERS = st.integers() | st.floats() | st.sampled_from([0, -1, 1e308, 2**63, 2**31])
NOTHING = st.just(None)
RARELY = st.integers(0, 3).map(lambda number: number == 3)
SCALARS = NOTHING | st.booleans() | NUMBERS | st.text(max_size=20)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
)
SHAPES = st.sampled_from(
    [
        {
            "type": "Polygon",
            "coordinates": [[[116.4, 39.9], [116.41, 39.9], [116.41, 39.91], [116.4, 39.9]]],
        },
        {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [0, 1], [1, 0], [0, 0]]]},
        {"type": "Polygon", "coordinates": [[[1e308, 0], [1, 1e308], [0, 1], [1e308, 0]]]},
        {"type": "MultiPolygon", "coordinates": []},
        {"type": "Point", "coordinates": [116.4, 39.9]},
    ]
)


@pytest.fixture(scope="module")
def fuzzed(load_sample: Any) -> Iterator[RunningPlatform]:
    """An embedded platform of its own, for it is full of nonsense afterwards."""
    with (
        tempfile.TemporaryDirectory(prefix="linli-fuzz-", ignore_cleanup_errors=True) as folder,
        embedded_platform(Path(folder) / "home") as platform,
    ):
        load_sample(platform)
        yield platform


@pytest.fixture(scope="module")
def known(fuzzed: RunningPlatform) -> list[str]:
    """Codes and ids that there are, so that made-up input also gets past the first check."""
    body = {
        "category": "environment.graffiti",
        "description": "墙",
        "channel": "web",
        "longitude": 116.417979,
        "latitude": 39.940146,
    }
    people = People(fuzzed)
    asked = [people.ask(body) for _ in range(6)]
    for each in asked[:4]:
        people.verify(each)
    cases = [people.case(each, "dispatched") for each in asked[:4]]
    codes = [
        name for case in cases for name in (case["case_id"], case["resource_id"], case["unit_id"])
    ]
    ids = [name for each in asked for name in (each.request_id, each.tracking_code)]
    regions = [asked[0].grid_code, asked[0].grid_code[:12], "110101005", "110101"]
    return [
        *codes,
        *ids,
        *regions,
        "2026",
        "2026-11",
        "2026-W47",
        "environment.noise",
        "satisfaction_rate",
    ]


def values(
    schema: dict[str, Any], parts: dict[str, Any], known: list[str]
) -> st.SearchStrategy[Any]:
    """JSON values that a schema allows, or nearly."""
    if "$ref" in schema:
        return values(parts[schema["$ref"].rpartition("/")[2]], parts, known)
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if "anyOf" in schema:
        return st.one_of([values(each, parts, known) for each in schema["anyOf"]])
    kinds = schema.get("type", "string")
    strategies = {
        "string": lambda: texts(schema, known),
        "integer": lambda: st.integers(schema.get("minimum"), schema.get("maximum")),
        "number": lambda: st.floats(schema.get("minimum"), schema.get("maximum"), allow_nan=False),
        "boolean": st.booleans,
        "null": st.none,
        "array": lambda: st.lists(values(schema.get("items", {}), parts, known), max_size=3),
        "object": lambda: objects(schema, parts, known),
    }
    return st.one_of(
        [strategies[kind]() for kind in (kinds if isinstance(kinds, list) else [kinds])]
    )


def texts(schema: dict[str, Any], known: list[str]) -> st.SearchStrategy[str]:
    """Mostly known values that the schema allows, else allowed ones, else anything."""
    exact = {
        "uuid": st.uuids().map(str),
        "date-time": st.datetimes(timezones=st.timezones()).map(datetime.isoformat),
    }
    strategy = exact.get(
        schema.get("format", ""), st.text(max_size=min(schema.get("maxLength", 30), 60))
    )
    if "pattern" in schema:
        strategy = st.from_regex(schema["pattern"]) | strategy
    fitting = [each for each in known if fits(each, schema)]
    return st.sampled_from(fitting) | st.sampled_from(fitting) | strategy if fitting else strategy


def fits(text: str, schema: dict[str, Any]) -> bool:
    is_uuid = len(text) == 36 and text.count("-") == 4
    form = schema.get("format")
    return (
        is_uuid if form == "uuid" else not form and bool(re.search(schema.get("pattern", ""), text))
    )


def objects(
    schema: dict[str, Any], parts: dict[str, Any], known: list[str]
) -> st.SearchStrategy[dict[str, Any]]:
    named = {
        name: values(inner, parts, known) for name, inner in schema.get("properties", {}).items()
    }
    if not named:
        return SHAPES | st.dictionaries(st.text(max_size=8), ANYTHING, max_size=3)
    required = {name: inner for name, inner in named.items() if name in schema.get("required", ())}
    return st.fixed_dictionaries(
        required, optional={name: named[name] for name in named.keys() - required.keys()}
    )


def bodies(
    operation: dict[str, Any], parts: dict[str, Any], known: list[str]
) -> st.SearchStrategy[Any]:
    """Bodies as the document says; the same with one value replaced; and anything at all."""
    content = operation.get("requestBody", {}).get("content", {})
    if "application/json" not in content:
        return NOTHING | NOTHING | ANYTHING
    right = values(content["application/json"]["schema"], parts, known)
    spoilt = st.tuples(right, st.text(max_size=8), ANYTHING).flatmap(
        lambda parts_drawn: st.sampled_from([*parts_drawn[0], parts_drawn[1]]).map(
            lambda name: {**parts_drawn[0], name: parts_drawn[2]}
        )
    )
    return right | right | spoilt | ANYTHING


@dataclass
class Sender:
    """Sends made-up requests to one platform, as its admin."""

    platform: RunningPlatform
    known: list[str]
    session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        token = self.platform.token(ADMIN)
        self.session.headers.update(
            {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        )

    def send(
        self, data: st.DataObject, method: str, path: str, operation: dict[str, Any], parts: Any
    ) -> Any:
        """One request that the operation might be sent; its answer."""
        query = {}
        for parameter in operation["parameters"]:
            name, right = parameter["name"], values(parameter["schema"], parts, self.known)
            strategy = right | right | right | st.text(max_size=20)
            if parameter["in"] == "path":
                path = path.replace(
                    f"{{{name}}}", quote(encoded(data.draw(strategy, name)), safe="")
                )
            elif parameter["in"] == "query" and (parameter.get("required") or data.draw(RARELY)):
                query[name] = encoded(data.draw(strategy, name))
        body = None if method == "get" else data.draw(bodies(operation, parts, self.known), "body")
        sent = None if body is None else json.dumps(body)
        return self.session.request(
            method, self.platform.supervisor.url + path, params=query, data=sent, timeout=30
        )


def encoded(value: Any) -> bytes:
    return str(value).encode(errors="replace")


@pytest.mark.parametrize("service", api_services())
def test_no_route_fails_inside_whatever_it_is_sent(
    fuzzed: RunningPlatform, known: list[str], service: str, subtests: pytest.Subtests
) -> None:
    document = requests.get(
        f"{fuzzed.supervisor.url}/api/{service}/openapi.json", timeout=30
    ).json()
    parts, sender = document["components"]["schemas"], Sender(fuzzed, known)
    operations = [
        (path, name, one) for path, item in document["paths"].items() for name, one in item.items()
    ]
    assert {name for _, name, _ in operations} <= set(METHODS)
    for path, name, operation in operations:
        with subtests.test(f"{name.upper()} {path}"):
            attempt(partial(sender.send, method=name, path=path, operation=operation, parts=parts))


def attempt(send: Callable[[st.DataObject], requests.Response]) -> None:
    """Send what hypothesis makes up."""

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def try_it(data: st.DataObject) -> None:
        answer = send(data)
        assert answer.status_code < 500, f"{answer.request.method} {answer.url}: {answer.text}"
        assert "Traceback" not in answer.text
        answer.json()

    try_it()


def test_the_platform_has_no_complaint_afterwards(fuzzed: RunningPlatform) -> None:
    fuzzed.idle()
    log = (fuzzed.home / "log" / "platform.log").read_text(encoding="utf-8")
    assert "request failed" not in log
    assert fuzzed.json("events", "dead", "list") == []
