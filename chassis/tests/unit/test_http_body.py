"""Bodies that are no JSON object, too large or not storable are refused before any schema."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from linli_chassis.http.body import parse_object, read_body
from linli_chassis.http.problems import Problem

JSON = "application/json"


def refusal(raw: bytes, content_type: str = JSON) -> Problem:
    with pytest.raises(Problem) as caught:
        parse_object(raw, content_type)
    return caught.value


@pytest.mark.parametrize(
    ("raw", "content_type", "status", "slug"),
    [
        (b"{}", "text/plain", 415, "not-json"),
        (b"{}", "", 415, "not-json"),
        (b"{}", "application/x-www-form-urlencoded", 415, "not-json"),
        (b"{", JSON, 400, "broken-json"),
        (b"{'a': 1}", JSON, 400, "broken-json"),
        (b'{"a": NaN}', JSON, 400, "broken-json"),
        (b'{"a": ' + b"9" * 5000 + b"}", JSON, 400, "broken-json"),
        (b"[" * 200_000, JSON, 400, "broken-json"),
        (b"[1]", JSON, 400, "not-an-object"),
        (b'"text"', JSON, 400, "not-an-object"),
        (b"null", JSON, 400, "not-an-object"),
        (b'{"a": "\xff\xfe"}', JSON, 400, "not-utf-8"),
        ('{"a": 1}'.encode("utf-16"), JSON, 400, "not-utf-8"),
    ],
)
def test_a_body_that_is_no_json_object_is_refused(
    raw: bytes, content_type: str, status: int, slug: str
) -> None:
    problem = refusal(raw, content_type)
    assert (problem.status, problem.slug) == (status, slug)


def test_broken_json_is_reported_with_its_place() -> None:
    assert str(refusal(b'{"a": 1,\n "b" 2}').detail) == "The body is not JSON: line 2, column 6."


def test_an_empty_body_is_an_empty_object() -> None:
    assert parse_object(b"", "") == {}


def test_the_charset_parameter_does_no_harm() -> None:
    assert parse_object('{"名": "张三"}'.encode(), "application/json; charset=utf-8") == {
        "名": "张三"
    }


@pytest.mark.parametrize(
    ("raw", "pointer"),
    [
        (rb'{"a": "x\u0000y"}', "/a"),
        (rb'{"a": {"b/c": ["", "\u0000"]}}', "/a/b~1c/1"),
        (rb'{"a": "\ud800"}', "/a"),
        (rb'{"\u0000": 1}', ""),
        (b'{"a": [9223372036854775808]}', "/a/0"),
        (b'{"a": -99999999999999999999}', "/a"),
    ],
)
def test_what_postgresql_cannot_store_is_refused_at_its_place(raw: bytes, pointer: str) -> None:
    problem = refusal(raw)
    assert problem.status == 422
    assert [error["pointer"] for error in problem.errors] == [pointer]


def test_a_whole_surrogate_pair_is_a_character_like_any_other() -> None:
    assert parse_object(rb'{"a": "\ud83d\ude00"}', JSON) == {"a": "😀"}


def test_numbers_of_64_bits_are_taken() -> None:
    assert parse_object(b'{"a": 9223372036854775807}', JSON) == {"a": 2**63 - 1}


@given(st.binary(max_size=200))
def test_any_bytes_are_an_object_or_a_problem(raw: bytes) -> None:
    try:
        assert isinstance(parse_object(raw, JSON), dict)
    except Problem as problem:
        assert problem.status in (400, 422)  # noqa: PT017


_JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(st.dictionaries(st.text(), _JSON_VALUES, max_size=4))
def test_what_is_taken_could_be_stored(document: dict[str, Any]) -> None:
    try:
        taken = parse_object(json.dumps(document).encode("utf-8", "surrogatepass"), JSON)
    except Problem as problem:
        assert problem.status == 422  # noqa: PT017
        return
    text = json.dumps(taken, ensure_ascii=False)
    assert "\\u0000" not in text
    text.encode("utf-8")


class CountingStream(io.BytesIO):
    """Counts what was asked of it."""

    asked = 0

    def read(self, size: int | None = -1) -> bytes:
        self.asked += 1
        return super().read(size)


def test_a_body_that_says_it_is_too_large_is_not_read_at_all() -> None:
    stream = CountingStream(b"x" * 100)
    with pytest.raises(Problem) as caught:
        read_body({"CONTENT_LENGTH": "100", "wsgi.input": stream}, 99)
    assert (caught.value.status, stream.asked) == (413, 0)


def test_a_chunked_body_is_read_to_one_byte_over_the_limit() -> None:
    stream = CountingStream(b"x" * 1000)
    with pytest.raises(Problem) as caught:
        read_body({"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input": stream}, 99)
    assert (caught.value.status, stream.tell()) == (413, 100)


@pytest.mark.parametrize("length", ["12", "-1", "many"])
def test_a_body_that_is_not_as_long_as_it_says_is_refused(length: str) -> None:
    with pytest.raises(Problem) as caught:
        read_body({"CONTENT_LENGTH": length, "wsgi.input": io.BytesIO(b"short")}, 99)
    assert caught.value.status == 400


def test_a_body_that_breaks_off_or_stalls_is_refused() -> None:
    class Broken(io.BytesIO):
        error: type[Exception] = OSError

        def read(self, size: int | None = -1) -> bytes:  # noqa: ARG002
            raise self.error("gone")

    for error, status in ((OSError, 400), (ValueError, 400), (TimeoutError, 408)):
        stream = Broken()
        stream.error = error
        with pytest.raises(Problem) as caught:
            read_body({"CONTENT_LENGTH": "5", "wsgi.input": stream}, 99)
        assert caught.value.status == status
