"""The quick way through a schema: what is exactly as it should be, in a quarter of the time
marshmallow takes.

It never judges. What it is not sure of raises, whatever it raises, and then marshmallow decides:
whether the value is good after all, and if not, what is wrong with it. So it must only ever take
what marshmallow takes, and give the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from math import isfinite
from typing import Any
from uuid import UUID

from marshmallow import EXCLUDE, Schema, fields, missing

from linli_contracts.fields import Flag, Moment

Way = Callable[[Any], Any]


class Unsure(Exception):
    """The quick way does not know; ask marshmallow."""


class _Unsuitable(Exception):
    """A schema uses something that the quick way does not know."""


def ways(schema: Schema) -> tuple[Way, Way]:
    """How to read the data of a schema and how to write them, with checking.

    Both raise what they like when they are unsure. For a schema with anything unknown in it they
    always are.
    """
    try:
        return _object(schema, _READING), _object(schema, _WRITING)
    except _Unsuitable:
        return _never, _never


def _never(_value: Any) -> Any:
    raise Unsure


def _text(value: Any) -> str:
    if type(value) is not str:
        raise Unsure
    return value


def _flag(value: Any) -> bool:
    if type(value) is not bool:
        raise Unsure
    return value


def _integer(value: Any) -> int:
    if type(value) is not int:
        raise Unsure
    return value


def _float(value: Any) -> float:
    kind = type(value)
    if not (kind is float or kind is int) or not isfinite(value):
        raise Unsure
    return float(value)


def _read_uuid(value: Any) -> UUID:
    return UUID(_text(value))


def _write_uuid(value: Any) -> str:
    if type(value) is UUID:
        return str(value)
    UUID(_text(value))
    return str(value)


def _read_moment(value: Any) -> datetime:
    read = datetime.fromisoformat(value)
    if read.tzinfo is None:
        raise Unsure
    return read.astimezone(UTC)


def _write_moment(value: Any) -> str:
    if type(value) is not datetime or value.tzinfo is None:
        raise Unsure
    return value.astimezone(UTC).isoformat()


_SAME: dict[type[fields.Field[Any]], Way] = {
    fields.String: _text,
    fields.Float: _float,
    fields.Integer: _integer,
}
"""Kinds whose values are the same in JSON and in Python, so that validators may be asked about
either.
"""

_READING = {**_SAME, Flag: _flag, fields.UUID: _read_uuid, Moment: _read_moment}
_WRITING = {**_SAME, Flag: _flag, fields.UUID: _write_uuid, Moment: _write_moment}
_Leaves = dict[type[fields.Field[Any]], Way]


def _object(schema: Schema, leaves: _Leaves) -> Way:
    hooks = any(schema._hooks.values())
    if (
        hooks
        or schema.many
        or schema.partial
        or schema.unknown != EXCLUDE
        or schema.dict_class is not dict
    ):
        raise _Unsuitable
    steps = [
        (name, _step(field, leaves), _absent(field, leaves))
        for name, field in schema.fields.items()
    ]

    def run(data: Any) -> dict[str, Any]:
        if type(data) is not dict:
            raise Unsure
        result = {}
        for name, step, absent in steps:
            value = data.get(name, missing)
            if value is not missing:
                result[name] = step(value)
            elif absent is not missing:
                result[name] = absent()
        return result

    return run


def _absent(field: fields.Field[Any], leaves: _Leaves) -> Any:
    """What to call when there is no value; `missing` leaves the field out."""
    if field.required:
        return _refuse
    if leaves is _WRITING or field.load_default is missing:
        return missing
    default = field.load_default
    return default if callable(default) else lambda: default


def _refuse() -> Any:
    raise Unsure


def _step(field: fields.Field[Any], leaves: _Leaves) -> Way:
    strange = (
        field.data_key,
        field.attribute,
        field.pre_load,
        field.post_load,
        field.load_only,
        field.dump_only,
    )
    if any(strange) or field.dump_default is not missing:
        raise _Unsuitable
    step = _checked(
        _kind(field, leaves),
        field.validators,
        type(field) in _SAME or isinstance(field, fields.List),
    )
    return (lambda value: None if value is None else step(value)) if field.allow_none else step


def _kind(field: fields.Field[Any], leaves: _Leaves) -> Way:
    if type(field) is fields.Nested and not field.many and field.unknown is None:
        return _object(field.schema, leaves)
    if type(field) is fields.List:
        return _list(_step(field.inner, leaves))
    usual = (
        getattr(field, "allow_nan", False) is False
        and getattr(field, "as_string", False) is False
        and getattr(field, "strict", True) is True
        and getattr(field, "format", None) in (None, "iso")
        and getattr(field, "default_timezone", None) is None
    )
    if not usual or type(field) not in leaves:
        raise _Unsuitable
    return leaves[type(field)]


def _list(step: Way) -> Way:
    def run(value: Any) -> list[Any]:
        if type(value) is not list:
            raise Unsure
        return [step(each) for each in value]

    return run


def _checked(way: Way, validators: Sequence[Callable[[Any], Any]], same: bool) -> Way:
    if not validators:
        return way
    if not same:
        raise _Unsuitable
    if len(validators) == 1:
        only = validators[0]

        def one(value: Any) -> Any:
            result = way(value)
            only(result)
            return result

        return one

    def all_of_them(value: Any) -> Any:
        result = way(value)
        for validator in validators:
            validator(result)
        return result

    return all_of_them
