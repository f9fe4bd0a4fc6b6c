"""Responses of JSON, and of files."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from werkzeug.wrappers import Response

from linli_chassis.http.body import MEDIA_TYPE


def json_response(text: str, status: int = 200) -> Response:
    """A response of JSON text; an empty text has no content type."""
    return Response(text, status, content_type=MEDIA_TYPE) if text else Response(status=status)


def file_response(media_type: str, content: bytes) -> Response:
    """A file that somebody uploaded: to be saved, and never run in the place it comes from."""
    response = Response(content, content_type=media_type)
    response.headers["Content-Disposition"] = "attachment"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def to_json(value: Any) -> str:
    """UTF-8 and compact; ids and times of results without a schema as their usual text."""
    return json.dumps(
        value, ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=_text_of
    )


def _text_of(value: Any) -> str:
    if isinstance(value, UUID):
        return str(value)
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    raise TypeError(f"{type(value).__name__} has no JSON form")
