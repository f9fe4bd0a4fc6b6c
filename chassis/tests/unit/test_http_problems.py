"""Problems: pointers, languages, and what a domain error becomes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from linli_chassis.http.problems import (
    Problem,
    domain_problem,
    field_problem,
    flatten,
    problem_response,
)
from linli_kernel.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound


class NotFoundHere(NotFound):
    message = "There is no {thing}."
    pointer = "/thing"


class FoundElsewhere(NotFoundHere):
    pass


def document(problem: Problem, locale: str = "en") -> dict[str, Any]:
    response = problem_response(problem, locale, instance="/x", correlation_id="c1")
    assert response.content_type == "application/problem+json"
    assert response.status_code == problem.status
    return json.loads(response.get_data())  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("messages", "pointers"),
    [
        ({"name": ["a", "b"]}, [("/name", "a"), ("/name", "b")]),
        ({"_schema": ["a"]}, [("", "a")]),
        ({"items": {3: {"name": ["a"]}}}, [("/items/3/name", "a")]),
        ({"items": {"_schema": ["a"], 0: ["b"]}}, [("/items", "a"), ("/items/0", "b")]),
        ({"a/b~c": ["a"]}, [("/a~1b~0c", "a")]),
        (["a"], [("", "a")]),
        ({"map": {"k": {"value": ["a"]}}}, [("/map/k/value", "a")]),
    ],
)
def test_messages_get_the_pointer_of_their_value(
    messages: Any, pointers: list[tuple[str, str]]
) -> None:
    assert list(flatten(messages)) == pointers


def test_a_problem_is_reported_as_rfc_9457_says() -> None:
    assert document(Problem(409, "too-late", "Closed since {day}.", "/day", day="Monday")) == {
        "type": "urn:linli:problem:too-late",
        "title": "Conflict with the present state",
        "status": 409,
        "detail": "Closed since Monday.",
        "instance": "/x",
        "correlation_id": "c1",
        "errors": [{"pointer": "/day", "detail": "Closed since Monday."}],
    }


def test_a_problem_is_reported_in_chinese() -> None:
    problem_document = document(field_problem({"name": ["Missing data for required field."]}), "zh")
    assert (problem_document["title"], problem_document["detail"]) == (
        "内容无法使用",
        "请求体不符合要求，详见 errors。",
    )
    assert problem_document["errors"] == [{"pointer": "/name", "detail": "必填项缺失。"}]


def test_a_query_parameter_is_named_instead_of_pointed_at() -> None:
    assert document(field_problem({"limit": ["x"]}, source="parameter"))["errors"] == [
        {"parameter": "limit", "detail": "x"}
    ]


def test_a_domain_error_becomes_a_problem_named_by_its_class() -> None:
    problem = domain_problem(NotFoundHere(thing="grid"))
    assert document(problem)["type"] == "urn:linli:problem:not-found-here"
    assert document(problem)["errors"] == [{"pointer": "/thing", "detail": "There is no grid."}]


@pytest.mark.parametrize(
    ("base", "status"), [(NotFound, 404), (NotAllowed, 403), (Conflict, 409), (Invalid, 422)]
)
def test_the_base_class_of_a_domain_error_gives_the_status(
    base: type[DomainError], status: int
) -> None:
    assert domain_problem(base("It is not so.")).status == status


def test_a_subclass_of_a_domain_error_is_a_problem_of_its_own() -> None:
    problem = domain_problem(FoundElsewhere(thing="grid"))
    assert (problem.status, problem.slug) == (404, "found-elsewhere")


def test_an_unusual_status_has_a_title_too() -> None:
    assert document(Problem(418, "teapot", "Short and stout."))["title"] == "Bad request"
