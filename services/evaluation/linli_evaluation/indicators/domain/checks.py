"""Values out of mappings that come from a file, each checked; the error says where."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import isfinite
from typing import TypeGuard, TypeVar

from linli_evaluation.errors import BadDefinitions

Entry = Mapping[str, object]

_Choice = TypeVar("_Choice", bound=str)


def is_entry(node: object) -> TypeGuard[Entry]:
    """Whether it is a mapping; `refuse_unknown` refuses keys that are no text."""
    return isinstance(node, Mapping)


def text(entry: Entry, name: str, where: str) -> str:
    """A text that is not empty."""
    value = entry.get(name)
    if not isinstance(value, str) or not value:
        raise BadDefinitions(where, f"needs a text `{name}`")
    return value


def one_of(
    entry: Entry,
    name: str,
    choices: Iterable[_Choice],
    where: str,
    default: _Choice | None = None,
) -> _Choice:
    """One of the choices; without a default it must be given."""
    known = tuple(choices)
    value = entry.get(name, default)
    for choice in known:
        if choice == value:
            return choice
    raise BadDefinitions(f"{where}.{name}", f"is one of {', '.join(known)}")


def number(
    entry: Entry,
    name: str,
    where: str,
    low: float,
    high: float,
    default: float | None = None,
) -> float:
    """A finite number within bounds; without a default it must be given."""
    value = entry.get(name, default)
    if not is_number(value) or not low <= value <= high:
        raise BadDefinitions(f"{where}.{name}", f"is a number from {low:g} to {high:g}")
    return float(value)


def is_number(value: object) -> TypeGuard[float]:
    """Whether it is a finite number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def entries(entry: Entry, name: str, where: str = "definitions") -> list[object]:
    """A list with at least one entry."""
    value = entry.get(name)
    if not isinstance(value, list) or not value:
        raise BadDefinitions(f"{where}.{name}", "is a list with at least one entry")
    return value


def refuse_unknown(entry: Entry, known: Iterable[str], where: str) -> None:
    """Refuse keys that are not known: a misspelt one would be ignored in silence."""
    if unknown := sorted(set(map(str, entry)) - set(known)):
        raise BadDefinitions(
            where, f"unknown {', '.join(unknown)}; known are {', '.join(sorted(known))}"
        )
