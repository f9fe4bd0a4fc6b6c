"""Refusals as RFC 9457 problems, raised in English and sent in the language of the client."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from linli_kernel.errors import DomainError
from werkzeug.wrappers import Response

from linli_chassis.i18n import Text, translate

MEDIA_TYPE = "application/problem+json"

TITLES = {
    400: Text("Bad request"),
    401: Text("Not signed in"),
    403: Text("Not allowed"),
    404: Text("Not found"),
    405: Text("Method not allowed"),
    406: Text("Not acceptable"),
    408: Text("Request timeout"),
    409: Text("Conflict with the present state"),
    410: Text("Gone"),
    413: Text("Body too large"),
    414: Text("Address too long"),
    415: Text("Unsupported media type"),
    422: Text("Unusable content"),
    429: Text("Too many requests"),
    500: Text("Internal error"),
    503: Text("Not available now"),
}


class Problem(Exception):
    """A request that is refused.

    Args:
        status: HTTP status, 400 to 599.
        slug: Kind of problem in kebab case; becomes `urn:linli:problem:<slug>`.
        template: English detail with `{named}` parameters; translated by the catalogues.
        pointer: JSON pointer into the body, e.g. "/geometry", where one value is at fault.
    """

    def __init__(
        self, status: int, slug: str, template: str, /, pointer: str | None = None, **params: Any
    ) -> None:
        self.status = status
        self.slug = slug
        self.detail = Text(template, **params)
        self.headers: dict[str, str] = {}
        self.errors: list[dict[str, str]] = []
        if pointer is not None:
            self.errors.append({"pointer": pointer, "detail": self.detail})
        super().__init__(str(self.detail))


def field_problem(messages: Any, *, source: str = "pointer") -> Problem:
    """The problem of a body (`source="pointer"`) or query (`source="parameter"`) by its schema.

    Args:
        messages: What marshmallow's `ValidationError.messages` holds.
    """
    if source == "pointer":
        problem = Problem(422, "invalid-body", "The body is not as it should be; see `errors`.")
    else:
        problem = Problem(
            422, "invalid-query", "The query parameters are not as they should be; see `errors`."
        )
    for pointer, detail in flatten(messages):
        problem.errors.append(
            {source: pointer if source == "pointer" else pointer.lstrip("/"), "detail": detail}
        )
    return problem


def domain_problem(error: DomainError) -> Problem:
    """The problem of an error of the domain: its status, and its class name as the type."""
    slug = kebab(type(error).__name__)
    problem = Problem(error.status, slug, error.message, error.pointer, **error.params)
    if error.retry_after_s is not None:
        problem.headers["Retry-After"] = str(error.retry_after_s)
    return problem


def flatten(messages: Any, pointer: str = "") -> Iterator[tuple[str, str]]:
    """Each message of a marshmallow error with its JSON pointer (RFC 6901)."""
    if isinstance(messages, Mapping):
        for key, inner in messages.items():
            yield from flatten(
                inner, pointer if key == "_schema" else f"{pointer}/{escape(str(key))}"
            )
    elif isinstance(messages, list | tuple):
        for inner in messages:
            yield from flatten(inner, pointer)
    else:
        yield pointer, messages if isinstance(messages, str) else str(messages)


def escape(key: str) -> str:
    """A key as one step of a JSON pointer."""
    return key.replace("~", "~0").replace("/", "~1")


def kebab(name: str) -> str:
    """`TransitionRefused` as `transition-refused`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()


def problem_response(
    problem: Problem, locale: str, *, instance: str, correlation_id: str
) -> Response:
    """The response of a problem, in the language of `locale`."""
    document: dict[str, Any] = {
        "type": f"urn:linli:problem:{problem.slug}",
        "title": translate(
            TITLES.get(problem.status, TITLES[500 if problem.status >= 500 else 400]), locale
        ),
        "status": problem.status,
        "detail": translate(problem.detail, locale),
        "instance": instance,
        "correlation_id": correlation_id,
    }
    if problem.errors:
        document["errors"] = [
            {**error, "detail": translate(error["detail"], locale)} for error in problem.errors
        ]
    response = Response(
        json.dumps(document, ensure_ascii=False), problem.status, content_type=MEDIA_TYPE
    )
    response.headers["Content-Language"] = locale
    response.headers.update(problem.headers)
    return response
