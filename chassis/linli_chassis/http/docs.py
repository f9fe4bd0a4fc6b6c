"""The page that shows an OpenAPI document to people: one HTML file, without scripts or anything
from elsewhere.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from html import escape
from importlib import resources
from typing import Any

from linli_contracts.identity import PUBLIC

from linli_chassis.i18n import Text, translate, word

_METHODS = ("get", "post", "put", "patch", "delete")
_SCHEMA_PREFIX = "#/components/schemas/"
_CODE = re.compile(r"`([^`]+)`")


def docs_page(document: Mapping[str, Any], locale: str) -> str:
    """The page of an OpenAPI document that `openapi_of` made, its labels in the language of
    `locale`.
    """
    return _Page(document, locale).render()


class _Page:
    def __init__(self, document: Mapping[str, Any], locale: str) -> None:
        self._document = document
        self._locale = locale
        self._schemas: Mapping[str, Any] = document.get("components", {}).get("schemas", {})

    def render(self) -> str:
        info = self._document["info"]
        groups = self._groups()
        title = self._translated(info["title"])
        style = (resources.files("linli_chassis.http") / "docs.css").read_text(encoding="utf-8")
        return (
            f'<!doctype html>\n<html lang="{"zh-CN" if self._locale == "zh" else "en"}"><head><meta charset="utf-8">'
            f'<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>{title}</title><style>{style}</style></head><body>"
            f"<nav>{self._navigation(groups)}</nav><main><h1>{title} <small>{escape(info['version'])}"
            f"</small></h1>{self._description(info)}"
            f'<p><a href="openapi.json">openapi.json</a></p>'
            f"{''.join(self._group(name, operations) for name, operations in groups.items())}"
            f"<h2>{self._say(Text('Schemas'))}</h2>{''.join(self._schema(name) for name in sorted(self._schemas))}"
            "</main></body></html>"
        )

    def _groups(self) -> dict[str, list[tuple[str, str, Mapping[str, Any]]]]:
        groups: dict[str, list[tuple[str, str, Mapping[str, Any]]]] = {}
        for path, operations in self._document.get("paths", {}).items():
            for method in _METHODS:
                if method in operations:
                    operation = operations[method]
                    groups.setdefault(operation["tags"][0], []).append((method, path, operation))
        return groups

    def _navigation(self, groups: Mapping[str, list[tuple[str, str, Mapping[str, Any]]]]) -> str:
        lists = (
            f"<h2>{self._translated(name)}</h2><ul>"
            + "".join(
                f'<li><a href="#{escape(operation["operationId"])}">{self._badge(method)} '
                f"{self._translated(operation['summary'])}</a></li>"
                for method, _, operation in operations
            )
            + "</ul>"
            for name, operations in groups.items()
        )
        return "".join(lists)

    def _group(self, name: str, operations: list[tuple[str, str, Mapping[str, Any]]]) -> str:
        return f"<h2>{self._translated(name)}</h2>" + "".join(
            self._operation(*operation) for operation in operations
        )

    def _operation(self, method: str, path: str, operation: Mapping[str, Any]) -> str:
        return (
            f'<section id="{escape(operation["operationId"])}">'
            f"<h3>{self._badge(method)} <code>{escape(path)}</code></h3>"
            f"<p><strong>{self._translated(operation['summary'])}</strong></p>{self._description(operation)}"
            f"<p>{self._roles(operation)}</p>{self._parameters(operation)}"
            f"{self._body(operation)}{self._answers(operation)}</section>"
        )

    def _description(self, described: Mapping[str, Any]) -> str:
        return (
            f"<p>{self._translated(described['description'])}</p>"
            if described.get("description")
            else ""
        )

    def _roles(self, operation: Mapping[str, Any]) -> str:
        roles = operation["x-roles"]
        if tuple(roles) == PUBLIC:
            return f"{self._say(Text('Open to everybody'))}"
        return f"{self._say(Text('Roles'))} " + " ".join(map(self._role, roles))

    def _role(self, code: str) -> str:
        said = word("roles", code, self._locale)
        return f'<span class="role">{escape(f"{said} " if said else "")}<code>{escape(code)}</code></span>'

    def _parameters(self, operation: Mapping[str, Any]) -> str:
        cells = "".join(map(self._parameter, operation.get("parameters", ())))
        if not cells:
            return ""
        return f"<h4>{self._say(Text('Parameters'))}</h4><table>{cells}</table>"

    def _parameter(self, parameter: Mapping[str, Any]) -> str:
        schema = {**parameter["schema"], "description": parameter.get("description", "")}
        return (
            f"<tr><td><code>{escape(parameter['name'])}</code>{self._star(parameter.get('required', False))}</td>"
            f"<td>{self._translated(parameter['in'])}</td><td>{self._kind(schema)}</td>"
            f"<td>{self._limits(schema)}</td></tr>"
        )

    def _body(self, operation: Mapping[str, Any]) -> str:
        content = operation.get("requestBody", {}).get("content", {})
        return "".join(
            f"<h4>{self._say(Text('Body'))}</h4><p>{self._kind(media['schema'])} <small>{escape(kind)}</small></p>"
            for kind, media in content.items()
        )

    def _answers(self, operation: Mapping[str, Any]) -> str:
        rows = "".join(
            f"<tr><td><code>{escape(status)}</code></td><td>{self._answer(answer)}</td></tr>"
            for status, answer in operation["responses"].items()
        )
        return f"<h4>{self._say(Text('Answers'))}</h4><table>{rows}</table>"

    def _answer(self, answer: Mapping[str, Any]) -> str:
        if "$ref" in answer:
            return self._link("Problem")
        kinds = [self._kind(media["schema"]) for media in answer.get("content", {}).values()]
        return ", ".join(kinds) or self._say(Text("No content"))

    def _schema(self, name: str) -> str:
        schema = self._schemas[name]
        required = set(schema.get("required", ()))
        rows = "".join(
            f"<tr><td><code>{escape(field)}</code>{self._star(field in required)}</td><td>{self._kind(value)}</td>"
            f"<td>{self._limits(value)}</td></tr>"
            for field, value in schema.get("properties", {}).items()
        )
        return (
            f'<section id="schema-{escape(name)}"><h3>{escape(name)}</h3>{self._description(schema)}'
            f"<table>{rows}</table></section>"
        )

    def _kind(self, schema: Mapping[str, Any]) -> str:
        if "$ref" in schema:
            return self._link(schema["$ref"].removeprefix(_SCHEMA_PREFIX))
        if "items" in schema:
            return f"[ {self._kind(schema['items'])} ]"
        for together in ("anyOf", "oneOf", "allOf"):
            if together in schema:
                return " | ".join(self._kind(part) for part in schema[together])
        kind = schema.get("type", "any")
        shown = " | ".join(kind) if isinstance(kind, list) else kind
        return escape(f"{shown} {schema['format']}" if "format" in schema else shown)

    def _limits(self, schema: Mapping[str, Any]) -> str:
        parts = [self._translated(schema["description"])] if "description" in schema else []
        parts += [
            f"<code>{escape(name)}: {escape(value)}</code>" for name, value in _limits_of(schema)
        ]
        return " ".join(parts)

    def _star(self, required: bool) -> str:
        return f' <abbr title="{self._say(Text("required"))}">*</abbr>' if required else ""

    def _link(self, name: str) -> str:
        return f'<a href="#schema-{escape(name)}">{escape(name)}</a>'

    def _badge(self, method: str) -> str:
        return f'<b class="{method}">{method.upper()}</b>'

    def _say(self, text: Text) -> str:
        return escape(translate(text, self._locale))

    def _translated(self, text: str) -> str:
        """Prose of the document as HTML; what stands between backticks is code."""
        return _CODE.sub(r"<code>\1</code>", escape(translate(text, self._locale)))


def _limits_of(schema: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    names = (
        "enum",
        "minimum",
        "maximum",
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
        "pattern",
        "default",
    )
    return ((name, _as_json(schema[name])) for name in names if name in schema)


def _as_json(value: Any) -> str:
    """A value as a client writes it, texts without their quotes."""
    if isinstance(value, list) and value:
        return ", ".join(map(_as_json, value))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
