"""The fast path through a schema: msgspec loads and dumps valid data, ten times as fast.

It decides nothing: what it refuses, or does not know, marshmallow decides. So it may only take what
marshmallow takes, and must give the same.
"""

from __future__ import annotations

import sys
from abc import ABC
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from marshmallow import EXCLUDE, Schema, fields, missing, validate

from linli_contracts.fields import Flag, Moment, Pattern

Codec = Callable[[Any], dict[str, Any]]
REFUSALS = (ValueError, OverflowError)
"""What a codec raises for data that are left to marshmallow."""


class _LoadedMoment(ABC):  # noqa: B024  # only to be registered with
    """What `Moment` is in Python: a `datetime`."""


class _DumpedMoment(ABC):  # noqa: B024
    """What `Moment` is in JSON: text."""


_LoadedMoment.register(datetime)
_DumpedMoment.register(str)

_TYPES: dict[type, type] = {fields.String: str, fields.Integer: int, fields.Float: float}
_TYPES |= {fields.UUID: UUID, Flag: bool}
_FINITE = {"ge": -sys.float_info.max, "le": sys.float_info.max}
_BOUNDS: dict[type, tuple[str, str]] = {
    validate.Length: ("min_length", "max_length"),
    validate.Range: ("ge", "le"),
}
_USUAL: dict[str, Any] = {"data_key": None, "attribute": None, "pre_load": [], "post_load": []}
_USUAL |= {"load_only": False, "dump_only": False, "dump_default": missing, "many": None}
_USUAL |= {"allow_nan": False, "as_string": False, "strict": True, "unknown": None}
_USUAL |= {"format": "iso", "default_timezone": None}
_USUAL |= {"min_inclusive": True, "max_inclusive": True, "equal": None}


def codecs(schema: Schema) -> tuple[Codec, Codec]:
    """How to load the data of a schema, and how to dump them; see `REFUSALS`.

    Raises:
        KeyError, TypeError: the schema has something that the fast path does not know.
    """
    loaded, dumped = _struct(schema, _LoadedMoment), _struct(schema, _DumpedMoment)
    python = (UUID, datetime)

    def load(data: Any) -> Any:
        values = msgspec.convert(data, loaded, dec_hook=_convert_moment)
        return msgspec.to_builtins(values, builtin_types=python)

    def dump(data: Any) -> Any:
        values = msgspec.convert(data, dumped, dec_hook=_convert_moment, builtin_types=python)
        return msgspec.to_builtins(values, enc_hook=_plain_text)

    return load, dump


def _plain_text(value: Any) -> str:
    """A text of a subclass of `str`, such as a region code, as plain text."""
    if isinstance(value, str):
        return str.__str__(value)
    raise ValueError("not a value of an event")


def _convert_moment(target: type, value: Any) -> Any:
    moment = datetime.fromisoformat(value) if target is _LoadedMoment else value
    if type(moment) is not datetime or moment.tzinfo is None:
        raise ValueError("not an aware time")
    return moment.astimezone(UTC) if target is _LoadedMoment else moment.astimezone(UTC).isoformat()


def _struct(schema: Schema, moment: type) -> Any:
    usual = schema.unknown == EXCLUDE and schema.dict_class is dict and schema.partial is None
    if not usual or schema.many or any(schema._hooks.values()):
        raise KeyError("the schema has an unusual option")
    members: list[Any] = []
    for name, field in schema.fields.items():
        kind = _type(field, moment)
        default: Any = msgspec.NODEFAULT if field.required else msgspec.UNSET
        if moment is _LoadedMoment and field.load_default is not missing:
            value = field.load_default
            default = msgspec.field(default_factory=value if callable(value) else lambda v=value: v)
        members.append((name, kind if field.required else kind | msgspec.UnsetType, default))
    return msgspec.defstruct(type(schema).__name__, members, kw_only=True)


def _type(field: fields.Field[Any], moment: type) -> Any:
    _check_options(field)
    if type(field) is fields.Nested:
        kind = _struct(field.schema, moment)
    elif type(field) is fields.List:
        kind = list[_type(field.inner, moment)]  # type: ignore[misc]
    else:
        kind = {**_TYPES, Moment: moment}[type(field)]
    limits: dict[str, Any] = {}
    for validator in field.validators:
        if type(validator) is validate.OneOf and kind is str:
            kind = Literal[tuple(validator.choices)]
        else:
            limits = dict(**limits, **_limits(validator))  # TypeError for two of a kind
    limits = {**(_FINITE if kind is float else {}), **limits}
    kind = Annotated[kind, msgspec.Meta(**limits)] if limits else kind
    return kind | None if field.allow_none else kind


def _check_options(thing: Any) -> None:
    if any(getattr(thing, option, usual) != usual for option, usual in _USUAL.items()):
        raise KeyError("an unusual option")


def _limits(validator: Any) -> dict[str, Any]:
    if type(validator) is Pattern:
        return {"pattern": rf"(?a)\A(?:{validator.regex.pattern})\Z"}
    _check_options(validator)
    bounds = zip(_BOUNDS[type(validator)], (validator.min, validator.max), strict=True)
    return {name: value for name, value in bounds if value is not None}
