"""From bytes to a JSON object that PostgreSQL can store; the schemas check its fields later."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import eventlet

from linli_chassis.http.problems import Problem, escape, field_problem
from linli_chassis.i18n import Text

MEDIA_TYPE = "application/json"
BODY_SECONDS = 30.0
MAX_INTEGER = 2**63 - 1
_UNUSUAL = re.compile(rb"\\u|[0-9]{19}")
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def read_body(environ: Mapping[str, Any], limit: int) -> bytes:
    """The body of a WSGI request, which is not read any further than `limit` bytes.

    Raises:
        Problem: 413 when it is larger, 400 when it breaks off.
    """
    length = _length(environ)
    if length is not None and length > limit:
        raise _too_large(limit)
    try:
        # A chunked body has no length, and our server's input ends it; one byte over the limit
        # shows that it is too large.
        with eventlet.Timeout(BODY_SECONDS, TimeoutError):  # a socket's own is for each piece
            raw: bytes = environ["wsgi.input"].read(limit + 1 if length is None else length)
    except TimeoutError:
        raise Problem(408, "slow-body", "The body did not arrive in time.") from None
    except (OSError, ValueError):
        raise Problem(400, "broken-body", "The body broke off.") from None
    if len(raw) > limit:
        raise _too_large(limit)
    if length is not None and len(raw) < length:
        raise Problem(400, "broken-body", "The body broke off.")
    return raw


def parse_object(raw: bytes, content_type: str) -> dict[str, Any]:
    """The JSON object of a body; an empty body is an empty object.

    Raises:
        Problem: 415, 400, or 422 with the pointers of values that cannot be stored.
    """
    if not raw:
        return {}
    if content_type.partition(";")[0].strip().lower() != MEDIA_TYPE:
        raise Problem(415, "not-json", "The body must be {media_type}.", media_type=MEDIA_TYPE)
    document = _parse(raw)
    if not isinstance(document, dict):
        raise Problem(400, "not-an-object", "The body must be a JSON object.")
    if _UNUSUAL.search(raw):
        refuse_unstorable(document)
    return document


def is_storable(text: str) -> bool:
    """Whether PostgreSQL can store a text: no NUL character, no half of a surrogate pair."""
    return _UNSTORABLE.search(text) is None


def refuse_unstorable(value: Any, *, source: str = "pointer") -> None:
    """Refuse NUL characters, half surrogate pairs and integers over 64 bits, at any depth.

    PostgreSQL cannot store them; without this they would fail in the middle of a transaction.

    Raises:
        Problem: 422, with a pointer to each.
    """
    errors = [
        {source: pointer if source == "pointer" else pointer.lstrip("/"), "detail": message}
        for pointer, message in _unstorable(value, "")
    ]
    if errors:
        problem = field_problem({}, source=source)
        problem.errors = errors
        raise problem


def _unstorable(value: Any, pointer: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        if not is_storable(value):
            yield pointer, Text("Contains a character that cannot be stored.")
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _unstorable(key, pointer)
            yield from _unstorable(inner, f"{pointer}/{escape(key)}")
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _unstorable(inner, f"{pointer}/{place}")
    elif isinstance(value, int) and abs(value) > MAX_INTEGER:
        yield pointer, Text("Number too large.")


def _parse(raw: bytes) -> Any:
    try:
        return json.loads(raw.decode("utf-8"), parse_constant=_no_constant)
    except UnicodeDecodeError:
        raise Problem(400, "not-utf-8", "The body is not UTF-8.") from None
    except json.JSONDecodeError as error:
        raise Problem(
            400,
            "broken-json",
            "The body is not JSON: line {line}, column {column}.",
            line=error.lineno,
            column=error.colno,
        ) from None
    except RecursionError:
        raise Problem(400, "broken-json", "The body is nested too deeply.") from None
    except ValueError:  # NaN, Infinity, or more digits than Python reads
        raise Problem(400, "broken-json", "The body holds a number that is not JSON.") from None


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _length(environ: Mapping[str, Any]) -> int | None:
    if "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower():
        return None
    try:
        length = int(environ.get("CONTENT_LENGTH") or 0)
    except ValueError:
        length = -1
    if length < 0:
        raise Problem(400, "broken-body", "Content-Length is not a number.")
    return length


def _too_large(limit: int) -> Problem:
    return Problem(413, "body-too-large", "The body is over {limit} bytes.", limit=limit)
