"""The conditions of definitions: a small language, parsed and checked here, compiled in `queries`.

{all: [...]}  {any: [...]}  {not: ...}
{field: status, is: closed}  {field: status, in: [open, closed]}  {field: reworks, gte: 3}
{field: answered_at, lte: {field: answer_due_at}}  {field: due_at, set: true}
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from linli_evaluation.errors import BadDefinitions
from linli_evaluation.indicators.domain.checks import Entry, is_entry
from linli_evaluation.sources import FieldKind

FieldKinds = Mapping[str, FieldKind]

Scalar = str | int | float | bool


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
    operator: Operator
    value: Scalar | tuple[Scalar, ...] | Other


Predicate = All | AnyOf | Not | Test
ALWAYS = All(())

Operator = Literal["is", "in", "lt", "lte", "gt", "gte", "set"]

OPERATORS: dict[Operator, tuple[FieldKind, ...]] = {
    "is": ("text", "number", "flag"),
    "in": ("text", "number"),
    "lt": ("number", "time"),
    "lte": ("number", "time"),
    "gt": ("number", "time"),
    "gte": ("number", "time"),
    "set": ("text", "number", "flag", "time"),
}
"""Each operator and the kinds of field it may be asked of."""

_TYPES: dict[FieldKind, tuple[type[Scalar], ...]] = {
    "text": (str,),
    "number": (int, float),
    "flag": (bool,),
}


def parse_condition(node: object, kinds: FieldKinds, where: str) -> Predicate:
    """Parse a condition out of plain YAML values.

    Args:
        kinds: The fields there are, with the kind of each.
        where: Path of the condition in the file, for the error.
    Raises:
        BadDefinitions: says where and what is wrong.
    """
    if not is_entry(node):
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
        return Not(parse_condition(inner, kinds, f"{where}.not"))
    if not isinstance(inner, list) or not inner:
        raise BadDefinitions(where, f"`{name}` takes a list of conditions")
    parts = tuple(
        parse_condition(part, kinds, f"{where}.{name}[{index}]") for index, part in enumerate(inner)
    )
    return All(parts) if name == "all" else AnyOf(parts)


def field_of(name: object, kinds: FieldKinds, where: str, *allowed: FieldKind) -> str:
    """Check that a field exists and is of an allowed kind. Raises `BadDefinitions`."""
    if not isinstance(name, str) or name not in kinds:
        raise BadDefinitions(
            where, f"there is no field {name!r}; there are {', '.join(sorted(kinds))}"
        )
    if kinds[name] not in allowed:
        raise BadDefinitions(
            where, f"{name} is a {kinds[name]}; here a {' or '.join(allowed)} is needed"
        )
    return name


def _parse_test(node: Entry, kinds: FieldKinds, where: str) -> Test:
    operators = [key for key in node if key != "field"]
    operator = next((known for known in OPERATORS if operators == [known]), None)
    if operator is None:
        raise BadDefinitions(
            where, f"a comparison has one of {', '.join(OPERATORS)}; found {operators}"
        )
    name = field_of(node["field"], kinds, where, *OPERATORS[operator])
    value, path = node[operator], f"{where}.{operator}"
    if operator == "set":
        return Test(name, operator, _scalar(value, "flag", path))
    if operator == "in":
        return Test(name, operator, _scalars(value, kinds[name], path))
    if is_entry(value) and set(value) == {"field"}:
        return Test(name, operator, Other(field_of(value["field"], kinds, where, kinds[name])))
    return Test(name, operator, _scalar(value, kinds[name], path))


def _scalars(node: object, kind: FieldKind, where: str) -> tuple[Scalar, ...]:
    if not isinstance(node, list) or not node:
        raise BadDefinitions(where, "`in` takes a list of values")
    return tuple(_scalar(each, kind, where) for each in node)


def _scalar(node: object, kind: FieldKind, where: str) -> Scalar:
    if kind == "time":
        raise BadDefinitions(
            where, "a time is compared with another field, such as {field: due_at}"
        )
    for known in _TYPES[kind]:
        if type(node) is known:  # not isinstance: true is no number
            return node
    raise BadDefinitions(where, f"{node!r} is no {kind}")
