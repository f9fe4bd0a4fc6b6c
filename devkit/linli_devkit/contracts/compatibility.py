"""What may change in a published event: optional fields may be added, nothing else.

Compares JSON Schemas as `json_schema` makes them. Descriptions may change freely.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_ANNOTATIONS = {"$schema", "$id", "title", "description", "examples", "$comment"}
_STRUCTURE = {"properties", "required", "items", "type"}


@dataclass(frozen=True, slots=True)
class Break:
    """One change that a consumer of the published version could trip over.

    `path` leads to the field, such as `hours.opens` or `reasons[].cost`; empty for the event
    itself.
    """

    event: str
    path: str
    change: str

    def __str__(self) -> str:
        stem, _, version = self.event.rpartition(".v")
        following = int(version) + 1 if version.isdigit() else 2
        place = f"{self.event} {self.path}".strip()
        return f"{place}: {self.change}; put it back, and publish {stem}.v{following} beside it"


def compare_all(published: Mapping[str, Any], current: Mapping[str, Any]) -> list[Break]:
    """Every break of the published schemas, each by event type. New types are fine."""
    breaks: list[Break] = []
    for name, schema in published.items():
        if name in current:
            breaks += compare(name, schema, current[name])
        else:
            breaks.append(Break(name, "", "the event type is gone"))
    return breaks


def compare(event: str, published: Mapping[str, Any], current: Mapping[str, Any]) -> list[Break]:
    """Every break of the published schema of one event; empty when compatible."""
    return [Break(event, path, change) for path, change in _changes("", published, current)]


def _changes(
    path: str, old: Mapping[str, Any], new: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    yield from ((path, change) for change in _type_changes(old, new))
    yield from ((path, change) for change in _rule_changes(old, new))
    yield from _field_changes(path, old, new)
    if "items" in old and "items" in new:
        yield from _changes(f"{path}[]", old["items"], new["items"])
    elif "items" in old or "items" in new:
        yield path, "what the array holds is no longer the same"


def _type_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    before, after = _types(old), _types(new)
    if before - {"null"} != after - {"null"}:
        yield f"its type went from {_said(before)} to {_said(after)}"
    if "null" in before - after:
        yield "it may no longer be null"
    if "null" in after - before:
        yield "it may be null now"


def _rule_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for rule in sorted((old.keys() | new.keys()) - _ANNOTATIONS - _STRUCTURE):
        before, after = old.get(rule, "nothing"), new.get(rule, "nothing")
        if rule == "enum" and isinstance(before, list) and isinstance(after, list):
            # null in it follows the type, and is compared there
            gone, come = (
                sorted(map(str, set(a) - set(b) - {None}))
                for a, b in ((before, after), (after, before))
            )
            yield from ([f"its values lost {', '.join(gone)}"] if gone else [])
            yield from ([f"its values gained {', '.join(come)}"] if come else [])
        elif before != after:
            yield f"its {rule} went from {before!r} to {after!r}"


def _field_changes(
    path: str, old: Mapping[str, Any], new: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    fields, fields_now = old.get("properties", {}), new.get("properties", {})
    required, required_now = set(old.get("required", [])), set(new.get("required", []))
    for name, field in fields.items():
        at = f"{path}.{name}".lstrip(".")
        if name not in fields_now:
            yield at, "the field is gone"
            continue
        if (name in required) != (name in required_now):
            yield at, "it is required now" if name in required_now else "it is no longer required"
        yield from _changes(at, field, fields_now[name])
    for name in sorted(required_now - fields.keys()):
        yield f"{path}.{name}".lstrip("."), "a new field is required"


def _types(schema: Mapping[str, Any]) -> set[str]:
    kind = schema.get("type", [])
    return {kind} if isinstance(kind, str) else set(kind)


def _said(types: set[str]) -> str:
    return " or ".join(sorted(types - {"null"})) or "anything"
