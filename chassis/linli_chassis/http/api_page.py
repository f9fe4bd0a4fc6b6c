"""The page that shows an API to people: Swagger UI from its package, on a translated document.

Everything is served from here, so it can be read without a network, and no script stands in the
page itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html import escape
from importlib import resources
from typing import Any

from linli_contracts.identity import PUBLIC
from swagger_ui_bundle import swagger_ui_path
from werkzeug.wrappers import Response

from linli_chassis.http.problems import Problem
from linli_chassis.http.responses import json_response, to_json
from linli_chassis.i18n import Text, translate, word

_OWN = resources.files("linli_chassis.http") / "static"
_FILES = {
    "swagger-ui.css": (swagger_ui_path, "text/css"),
    "swagger-ui-bundle.js": (swagger_ui_path, "text/javascript"),
    "favicon-32x32.png": (swagger_ui_path, "image/png"),
    "api_page.js": (_OWN, "text/javascript"),
}
_PROSE = ("title", "summary", "description")
# Swagger UI sets styles on elements and draws its icons from data: addresses.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def page_response(document: Mapping[str, Any], base: str, locale: str) -> Response:
    """The page, whose files are below the path `base`."""
    values = {
        "language": "zh-CN" if locale == "zh" else "en",
        "title": escape(translate(document["info"]["title"], locale)),
        "base": base,
    }
    template = (_OWN / "api_page.html").read_text(encoding="utf-8")
    html = re.sub(r"\{(\w+)\}", lambda match: values[match[1]], template)
    response = Response(html, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = _POLICY
    return _in_language(response, locale)


def file_response(name: str) -> Response:
    """A file of the page. Raises `Problem` 404 for any other."""
    if name not in _FILES:
        raise Problem(404, "no-such-path", "There is nothing at this path.")
    folder, media_type = _FILES[name]
    response = Response((folder / name).read_bytes(), content_type=media_type)
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response


def document_response(document: Mapping[str, Any], locale: str) -> Response:
    """The OpenAPI document as the page shows it: its prose translated, with who may call."""
    return _in_language(json_response(to_json(translated(document, locale))), locale)


def translated(document: Mapping[str, Any], locale: str) -> Any:
    """A copy of an OpenAPI document for readers of `locale`; see `document_response`."""
    return _translated(document, locale)


def _translated(node: Any, locale: str) -> Any:
    if isinstance(node, list):
        return [_translated(item, locale) for item in node]
    if not isinstance(node, dict):
        return node
    copy = {
        key: translate(value, locale)
        if key in _PROSE and isinstance(value, str)
        else _translated(value, locale)
        for key, value in node.items()
    }
    if "x-roles" in node:
        copy["tags"] = [translate(tag, locale) for tag in node["tags"]]
        copy["description"] = "\n\n".join(_with_roles(copy, locale))
    return copy


def _with_roles(operation: Mapping[str, Any], locale: str) -> Iterator[str]:
    if operation.get("description"):
        yield operation["description"]
    roles = operation["x-roles"]
    if tuple(roles) == PUBLIC:
        yield translate(Text("Open to everybody"), locale)
        return
    names = (f"{word('roles', role, locale) or ''} `{role}`".strip() for role in roles)
    yield f"{translate(Text('Roles'), locale)}: {', '.join(names)}"


def _in_language(response: Response, locale: str) -> Response:
    response.headers["Content-Language"] = locale
    response.headers["Vary"] = "Accept-Language"
    return response
