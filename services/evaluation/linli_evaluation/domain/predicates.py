"""The conditions of indicator definitions: a small structured language, read and checked here,
compiled elsewhere.

{all: [...]}  {any: [...]}  {not: ...}  {field: status, is: closed}  {field: status, in: [open,
closed]} {field: reworks, gte: 3}  {field: answered_at, lte: {field: answer_due_at}}  {field:
due_at, set: true}
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from linli_evaluation.domain.errors import BadDefinitions


@dataclass(frozen=True, slots=True)
class All:
    """True when every part is; true without parts."""

    parts: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """True when one part is."""

    parts: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """True when its part is false or unknown."""

    part: Predicate


@dataclass(frozen=True, slots=True)
class Other:
    """The value of another field, to compare with."""

    field: str


@dataclass(frozen=True, slots=True)
class Test:
    """One comparison of a field. With a null on either side it is false, unless it asks `set`."""

    __test__ = False  # the name is the language's, no test for pytest

    field: str
    operator: str
    value: Any


Predicate = All | AnyOf | Not | Test
ALWAYS = All(())

OPERATORS: dict[str, tuple[str, ...]] = {
    "is": ("text", "number", "flag"),
    "in": ("text", "number"),
    "lt": ("number", "time"),
    "lte": ("number", "time"),
    "gt": ("number", "time"),
    "gte": ("number", "time"),
    "set": ("text", "number", "flag", "time"),
}
"""Each operator and the kinds of field it may be asked of."""

_VALUES: dict[str, tuple[type, ...]] = {"text": (str,), "number": (int, float), "flag": (bool,)}


def parse(node: Any, kinds: Mapping[str, str], where: str) -> Predicate:
    """Read a condition from plain YAML values.

    Args:
        kinds: The fields there are, with the kind of each: text, time, number or flag.
        where: Path of the condition in the file, for the error.
    Raises:
        BadDefinitions: says where and what is wrong.
    """
    if not isinstance(node, Mapping):
        raise BadDefinitions(
            where, f"a condition is a mapping such as {{field: status, is: closed}}, not {node!r}"
        )
    if "field" in node:
        return _parse_test(node, kinds, where)
    if len(node) != 1 or next(iter(node)) not in ("all", "any", "not"):
        raise BadDefinitions(
            where, f"a condition has `field`, or one of `all`, `any`, `not`; found {list(node)}"
        )
    (name, inner), *_ = node.items()
    if name == "not":
        return Not(parse(inner, kinds, f"{where}.not"))
    if not isinstance(inner, list) or not inner:
        raise BadDefinitions(where, f"`{name}` takes a list of conditions")
    parts = tuple(
        parse(part, kinds, f"{where}.{name}[{index}]") for index, part in enumerate(inner)
    )
    return All(parts) if name == "all" else AnyOf(parts)


def field_of(name: Any, kinds: Mapping[str, str], where: str, *allowed: str) -> str:
    """Check that a field exists and is of an allowed kind. Raises `BadDefinitions`."""
    if name not in kinds:
        raise BadDefinitions(
            where, f"there is no field {name!r}; there are {', '.join(sorted(kinds))}"
        )
    if kinds[name] not in allowed:
        raise BadDefinitions(
            where, f"{name} is a {kinds[name]}; here a {' or '.join(allowed)} is needed"
        )
    return str(name)


def _parse_test(node: Mapping[str, Any], kinds: Mapping[str, str], where: str) -> Test:
    operators = [key for key in node if key != "field"]
    if len(operators) != 1 or operators[0] not in OPERATORS:
        raise BadDefinitions(
            where, f"a comparison has one of {', '.join(OPERATORS)}; found {operators}"
        )
    operator = operators[0]
    name = field_of(node["field"], kinds, where, *OPERATORS[operator])
    value = node[operator]
    if isinstance(value, Mapping) and set(value) == {"field"} and operator not in ("in", "set"):
        return Test(name, operator, Other(field_of(value["field"], kinds, where, kinds[name])))
    _check_value(value, operator, kinds[name], f"{where}.{operator}")
    return Test(name, operator, tuple(value) if operator == "in" else value)


def _check_value(value: Any, operator: str, kind: str, where: str) -> None:
    values = value if operator == "in" else [value]
    if not isinstance(values, list) or not values:
        raise BadDefinitions(where, "`in` takes a list of values")
    if kind == "time" and operator != "set":
        raise BadDefinitions(
            where, "a time is compared with another field, such as {field: due_at}"
        )
    kind = "flag" if operator == "set" else kind
    for one in values:
        if type(one) not in _VALUES[kind]:  # not isinstance: true is no number
            raise BadDefinitions(where, f"{one!r} is no {kind}")
