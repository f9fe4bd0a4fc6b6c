"""The page of all events for docs/: a table of them, then the fields and an example of each."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from linli_contracts.registry import consumers_of, event_types
from linli_contracts.schema import EventType

from linli_devkit.contracts.examples import stored_example
from linli_devkit.contracts.json_schema import json_schema

_HEAD = """\
# Events

Generated from `contracts/linli_contracts/events` by `python -m linli_devkit.contracts`; do not edit
by hand. [contracts/README.md](../contracts/README.md) explains how to read events, the
[glossary](glossary.md) defines the terms.
"""


def events_page() -> str:
    """The page as Markdown."""
    entries = event_types()
    rows = [
        (
            f"[`{entry.name}`](#{_anchor(entry)})",
            entry.producer,
            ", ".join(consumers_of(entry)) or "subscribers only",
            f"`{entry.key}`",
            str(entry.version),
            entry.summary,
        )
        for entry in entries
    ]
    summary = table(("type", "producer", "consumers", "key", "version", "meaning"), rows)
    return "\n".join([_HEAD, summary, *(_section(entry) for entry in entries)])


def _section(entry: EventType) -> str:
    schema = json_schema(entry)
    rows = [
        (f"`{path}`", kind, "yes" if always else "no", text)
        for path, kind, always, text in _fields(schema, "")
    ]
    example = json.dumps(stored_example(entry), ensure_ascii=False, indent=2)
    return "\n".join(
        [
            f"\n## {entry.name}\n",
            f"{schema['description']}\n",
            f"Published by `{entry.producer}` under `{entry.routing_key('<district>')}`.\n",
            table(("field", "type", "always present", "description"), rows),
            f"```json\n{example}\n```",
        ]
    )


def _fields(schema: dict[str, Any], prefix: str) -> Iterator[tuple[str, str, bool, str]]:
    for name, field in schema.get("properties", {}).items():
        path = f"{prefix}{name}"
        yield path, _kind(field), name in schema.get("required", []), field.get("description", "")
        yield from _fields(field, f"{path}.")
        yield from _fields(field.get("items", {}), f"{path}[].")


def _kind(field: dict[str, Any]) -> str:
    types = field["type"] if isinstance(field["type"], list) else [field["type"]]
    name = field.get("format") or next(kind for kind in types if kind != "null")
    if name == "array":
        name = f"array of {_kind(field['items'])}"
    if "enum" in field:
        name = " / ".join(f"`{value}`" for value in field["enum"] if value is not None)
    return f"{name}, or null" if "null" in types else name


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return (
        "\n".join(
            "| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines
        )
        + "\n"
    )


def _anchor(entry: EventType) -> str:
    return entry.name.replace(".", "")
