"""Values out of mappings of unknown making, each checked; the error says where."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any, TypeGuard

from linli_evaluation.domain.errors import BadDefinitions


def text(entry: Mapping[str, Any], name: str, where: str) -> str:
    """A text that is not empty."""
    if not isinstance(entry.get(name), str) or not entry[name]:
        raise BadDefinitions(where, f"needs a text `{name}`")
    return str(entry[name])


def one_of(
    entry: Mapping[str, Any], name: str, known: tuple[str, ...], where: str, default: str = ""
) -> str:
    """One of the known values."""
    value = entry.get(name, default)
    if value not in known:
        raise BadDefinitions(f"{where}.{name}", f"is one of {', '.join(known)}")
    return str(value)


def number(
    entry: Mapping[str, Any],
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


def is_number(value: Any) -> TypeGuard[float]:
    """Whether it is a finite number; true and false are none."""
    return type(value) in (int, float) and isfinite(value)


def entries(entry: Mapping[str, Any], name: str, where: str = "definitions") -> list[Any]:
    """A list with at least one entry."""
    if not isinstance(entry.get(name), list) or not entry[name]:
        raise BadDefinitions(f"{where}.{name}", "is a list with at least one entry")
    return list(entry[name])


def only(entry: Mapping[str, Any], known: set[str], where: str) -> None:
    """Refuse keys that are not known: a misspelt one would be passed over in silence."""
    if unknown := sorted(set(map(str, entry)) - known):
        raise BadDefinitions(
            where, f"unknown {', '.join(unknown)}; known are {', '.join(sorted(known))}"
        )
