"""Requests that are refused: the problem names reason and place, and no row is written."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import jwt
import pytest
from linli_client.http import Caller
from linli_devkit.running_platform import RunningPlatform

pytestmark = pytest.mark.usefixtures("unchanged")

RESIDENT = Caller("resident", account="a-resident")
GOOD: dict[str, Any] = {
    "category": "environment.graffiti",
    "description": "楼道墙上又被喷了小广告。",
    "longitude": 116.417979,
    "latitude": 39.940146,
    "channel": "web",
}
JSON = {"Content-Type": "application/json"}
CONTACT = {"name": "沈女士", "phone": "13900000000"}
TWO_MIB = 2 * 1024 * 1024


def without(*names: str) -> dict[str, Any]:
    return {name: value for name, value in GOOD.items() if name not in names}


UNUSABLE: dict[str, tuple[dict[str, Any], str, tuple[str, ...]]] = {
    "nothing": ({}, "invalid-body", ("/category", "/description", "/channel")),
    "an unknown field": ({**GOOD, "nickname": "x"}, "invalid-body", ("/nickname",)),
    "a text for a number": ({**GOOD, "longitude": "east"}, "invalid-body", ("/longitude",)),
    "a number for a text": ({**GOOD, "description": 7}, "invalid-body", ("/description",)),
    "a list for an object": (
        {**GOOD, "contact": [], "consent": True},
        "invalid-body",
        ("/contact",),
    ),
    "an empty text": ({**GOOD, "description": ""}, "invalid-body", ("/description",)),
    "too long a text": ({**GOOD, "description": "长" * 4001}, "invalid-body", ("/description",)),
    "a channel that is none": ({**GOOD, "channel": "pigeon"}, "invalid-body", ("/channel",)),
    "a number inside a list": ({**GOOD, "groups": ["older", 1]}, "invalid-body", ("/groups/1",)),
    "a photo that was not uploaded": ({**GOOD, "photos": ["a"]}, "invalid-body", ("/photos/0",)),
    "a patrol of a resident": ({**GOOD, "channel": "patrol"}, "invalid", ("/channel",)),
    "a contact without a phone": (
        {**GOOD, "contact": {"name": "沈女士"}, "consent": True},
        "invalid-body",
        ("/contact/phone",),
    ),
    "a contact without consent": ({**GOOD, "contact": CONTACT}, "invalid-body", ("/consent",)),
    "a latitude off the earth": ({**GOOD, "latitude": 91}, "invalid-body", ("/latitude",)),
    "a longitude alone": (without("latitude"), "invalid", ("/latitude",)),
    "a NUL character": ({**GOOD, "description": "a\0b"}, "invalid-body", ("/description",)),
    "half a surrogate pair": ({**GOOD, "description": "\ud83d"}, "invalid-body", ("/description",)),
    "an unknown category": (
        {**GOOD, "category": "environment.aliens"},
        "unknown-category",
        ("/category",),
    ),
    "a place in the sea": (
        {**GOOD, "longitude": 125.0, "latitude": 30.0},
        "far-outside",
        ("/longitude",),
    ),
    "longitude and latitude exchanged": (
        {**GOOD, "longitude": 39.940146, "latitude": 116.417979},
        "invalid-body",
        ("/latitude",),
    ),
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_unusable_content_is_reported_with_the_field_at_fault(
    platform: RunningPlatform, assert_problem: Any, language: str, name: str
) -> None:
    body, slug, pointers = UNUSABLE[name]
    answer = platform.ask("POST", "grid", "/requests", body, caller=RESIDENT, language=language)
    assert_problem(answer, 422, slug, language, *pointers)


@pytest.mark.parametrize(
    ("raw", "headers", "status", "slug"),
    [
        (b'{"category": ', JSON, 400, "broken-json"),
        (b"{'category': 1}", JSON, 400, "broken-json"),
        (b'{"longitude": NaN}', JSON, 400, "broken-json"),
        (b"[" * 100_000, JSON, 400, "broken-json"),
        (b'{"a": ' + b"9" * 5000 + b"}", JSON, 400, "broken-json"),
        (b'{"description": "\xff\xfe"}', JSON, 400, "not-utf-8"),
        (b"[1, 2]", JSON, 400, "not-an-object"),
        (b"null", JSON, 400, "not-an-object"),
        (b"a=b", {"Content-Type": "application/x-www-form-urlencoded"}, 415, "not-json"),
    ],
)
def test_a_body_that_is_no_json_object_is_reported(
    platform: RunningPlatform,
    assert_problem: Any,
    language: str,
    raw: bytes,
    headers: dict[str, str],
    status: int,
    slug: str,
) -> None:
    answer = platform.ask(
        "POST", "grid", "/requests", caller=RESIDENT, language=language, headers=headers, data=raw
    )
    assert_problem(answer, status, slug, language)


def halves() -> Iterator[bytes]:
    """A body of 2 MiB in pieces, which is sent chunked."""
    for _ in range(32):
        yield b"x" * (TWO_MIB // 32)


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_of_two_mebibytes_is_refused(
    platform: RunningPlatform, assert_problem: Any, language: str, chunked: bool
) -> None:
    body = halves() if chunked else b"x" * TWO_MIB
    answer = platform.ask(
        "POST", "grid", "/requests", caller=RESIDENT, language=language, headers=JSON, data=body
    )
    assert_problem(answer, 413, "body-too-large", language)


def forged(platform: RunningPlatform, secret: str, **changes: Any) -> str:
    claims = jwt.decode(platform.token(Caller("admin")), options={"verify_signature": False})
    return jwt.encode({**claims, **changes}, secret, algorithm="HS256" if secret else "none")


@pytest.mark.parametrize(
    "kind", ["expired", "of another audience", "signed by another", "unsigned", "no token at all"]
)
def test_a_token_that_is_not_valid_is_reported(
    platform: RunningPlatform, assert_problem: Any, language: str, kind: str
) -> None:
    secret = platform.environ["LINLI_JWT_SECRET"]
    token = {
        "expired": platform.token(Caller("admin"), hours=-1),
        "of another audience": forged(platform, secret, aud="others"),
        "signed by another": forged(platform, "x" * 48),
        "unsigned": forged(platform, ""),
        "no token at all": "abc",
    }[kind]
    headers = {"Authorization": f"Bearer {token}"}
    answer = platform.ask(
        "POST", "grid", "/requests", GOOD, caller=None, language=language, headers=headers
    )
    problem = assert_problem(answer, 401, "invalid-token", language)
    assert "WWW-Authenticate" in answer.headers
    assert ("expired" in problem["detail"] or "过期" in problem["detail"]) == (kind == "expired")


def test_a_missing_token_is_reported(
    platform: RunningPlatform, assert_problem: Any, language: str
) -> None:
    answer = platform.ask("POST", "grid", "/requests", GOOD, caller=None, language=language)
    assert_problem(answer, 401, "missing-token", language)


@pytest.mark.parametrize(
    ("service", "path", "body", "role"),
    [
        ("grid", "/requests/import", {"source": "x", "items": []}, "resident"),
        ("organization", "/units", {"name": "x"}, "resident"),
        ("service_desk", "/cases/00000000-0000-4000-8000-000000000000/accept", {}, "reviewer"),
        ("evaluation", "/periods/2026-01/close", {}, "dispatcher"),
    ],
)
def test_the_wrong_role_is_reported(
    platform: RunningPlatform,
    assert_problem: Any,
    language: str,
    service: str,
    path: str,
    body: Any,
    role: str,
) -> None:
    answer = platform.ask("POST", service, path, body, caller=Caller(role), language=language)
    assert_problem(answer, 403, "missing-role", language)


def test_a_foreign_region_is_reported(
    platform: RunningPlatform, assert_problem: Any, language: str
) -> None:
    stranger = Caller("operator", region="110101001")
    square = {
        "type": "Polygon",
        "coordinates": [[[116.4, 39.9], [116.5, 39.9], [116.5, 40.0], [116.4, 39.9]]],
    }
    body = {"geometry": square}
    answer = platform.ask(
        "PUT", "grid", "/boundaries/110101005001", body, caller=stranger, language=language
    )
    assert_problem(answer, 403, "foreign-region", language)
    worker = "/grids/110101005001001/workers/6f2d0a8e-6a0f-4a87-9c67-0d5b3b1f8f11"
    answer = platform.ask(
        "PUT", "grid", worker, {"duty": "part_time"}, caller=stranger, language=language
    )
    assert_problem(answer, 403, "foreign-region", language)


def test_items_of_an_import_that_cannot_be_taken_are_listed_with_their_place(
    platform: RunningPlatform, language: str
) -> None:
    good = {"code": "110101", "name": "东城区"}  # there already
    items = [
        good,
        {"code": "11010", "name": "x"},
        {"code": "110101777888", "name": "y"},
        7,
        {"name": "z"},
    ]
    items.append({"code": "110101", "name": "东城\x1b区"})
    answer = platform.ask(
        "POST", "organization", "/regions/import", {"items": items}, language=language
    )
    assert answer.status_code == 200, answer.text
    result = answer.json()
    assert (result["accepted"], result["unchanged"]) == (0, 1)
    refused = {item["index"]: item for item in result["refused"]}
    assert set(refused) == {1, 2, 3, 4, 5}
    assert refused[1]["pointer"] == "/items/1/code"
    assert (refused[4]["pointer"], refused[5]["pointer"]) == ("/items/4/code", "/items/5/name")
    assert all(
        any("\u4e00" <= c <= "\u9fff" for c in each["detail"]) == (language == "zh")
        for each in result["refused"]
    )


@pytest.mark.parametrize(
    ("method", "path", "status", "slug", "pointers"),
    [
        ("GET", "/nothing-here", 404, "no-such-path", ()),
        ("GET", "/requests/7", 404, "no-such-path", ()),
        ("PATCH", "/requests", 405, "no-such-method", ()),
        ("GET", "/requests?colour=red", 422, "invalid-query", ("colour",)),
        ("GET", "/requests?limit=many", 422, "invalid-query", ("limit",)),
        ("GET", "/requests?cursor=%00", 422, "invalid-query", ("cursor",)),
    ],
)
def test_a_wrong_address_is_reported(
    platform: RunningPlatform,
    assert_problem: Any,
    language: str,
    method: str,
    path: str,
    status: int,
    slug: str,
    pointers: tuple[str, ...],
) -> None:
    answer = platform.ask(method, "grid", path, language=language)
    assert_problem(answer, status, slug, language, *pointers)


@pytest.mark.parametrize(
    "sent",
    [
        b"NONSENSE\r\n\r\n",
        b"GET / HTTX/9\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: minus one\r\n\r\n",
        b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X: " + b"y" * 100_000 + b"\r\n\r\n",
        b"POST /api/grid/v1/requests HTTP/1.1\r\nHost: x\r\n"
        b"Transfer-Encoding: chunked\r\n\r\nZZ\r\nbroken",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    ],
)
def test_what_is_not_http_is_answered_with_a_bad_request_and_no_more(
    platform: RunningPlatform, sent: bytes
) -> None:
    port = urlsplit(platform.url("grid", "")).port
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        received = b""
        with suppress(OSError):  # the service may hang up before it has heard all
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
        with suppress(ConnectionResetError):
            while piece := connection.recv(65536):
                received += piece
    assert b"Traceback" not in received
    if received:
        assert b" 4" in received.splitlines()[0][:13], received[:200]
    assert platform.ask("GET", "grid", "/grids").status_code == 200
