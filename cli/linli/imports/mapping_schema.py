"""What a mapping file may hold: its keys and values, checked by marshmallow.

Messages are templates of the command's translations; those with parameters are translated here.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validates_schema
from marshmallow.validate import Length, Regexp

from linli.base.i18n import mark, t

COLUMNS = (
    "external_ref",
    "category",
    "status",
    "channel",
    "registered_at",
    "ended_at",
    "longitude",
    "latitude",
)
REQUIRED_COLUMNS = ("external_ref", "category", "status", "registered_at")
OUTCOMES = ("closed", "cancelled", "open")
REASONS = ("withdrawn", "duplicate", "not_ours", "referred_out", "recorded", "other")
ISO = "iso"


@dataclass(frozen=True)
class Status:
    """What a status of the other system means: `reason` only for cancelled."""

    outcome: str
    reason: str | None = None


NO_SUCH_KEY = mark("is no key of a mapping")
_NOT_A_TEXT = mark("is missing; it must be a text")
_NOT_A_SECTION = mark("is missing; it must be a mapping of names to values")
_NOT_A_SOURCE = mark("use up to 64 of a-z, 0-9, dot, dash and underscore")
_NOT_A_TIME_FORMAT = mark('must be "iso", or a format such as "%Y-%m-%d %H:%M"')


class Parsed(fields.Field[Any]):
    """A value as a function makes it of what the file holds; it may raise `ValidationError`."""

    def __init__(self, parse: Callable[[object], object], **more: Any) -> None:
        super().__init__(**more)
        self._parse = parse

    def _deserialize(self, value: object, *_: object, **__: object) -> object:
        return self._parse(value)


def _text(*validators: Callable[[str], object], required: bool = True) -> fields.String:
    return fields.String(
        required=required,
        validate=[Length(1, error=_NOT_A_TEXT), *validators],
        error_messages=_if_wrong(_NOT_A_TEXT),
    )


def section(
    value: Callable[[object], object],
    name: Callable[[object], str] | None = None,
    *,
    required: bool = False,
) -> fields.Dict:
    """A mapping of names to values; one that is not required may be null."""
    return fields.Dict(
        keys=Parsed(name or _name),
        values=Parsed(value),
        required=required,
        allow_none=not required,
        validate=Length(1, error=_NOT_A_SECTION) if required else None,
        error_messages=_if_wrong(_NOT_A_SECTION),
    )


def template_field(optional: bool, missing: str) -> Parsed:
    """A template over the properties of a feature; one that is optional may be null."""
    messages = _if_wrong(missing)
    return Parsed(_template, required=not optional, allow_none=optional, error_messages=messages)


def one_of(codes: Sequence[str]) -> Callable[[object], str]:
    """A function that takes one of these codes and nothing else."""

    def code(value: object) -> str:
        return _known(_value(value), codes)

    return code


def _if_wrong(message: str) -> dict[str, Any]:
    return dict.fromkeys(("required", "null", "invalid"), message)


def _name(value: object) -> str:
    """The name of an entry. YAML reads yes, no, on, off and dates as what they mean."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValidationError(mark("is not a text to YAML; put it into quotes"))
    return str(value)


def _column(value: object) -> str:
    return _known(_name(value), COLUMNS)


def _value(value: object) -> str:
    if not isinstance(value, str):
        raise ValidationError(mark("must be a text"))
    return value


def _status(value: object) -> Status:
    document = {"outcome": value} if isinstance(value, str) else value
    if not isinstance(document, dict) or not set(document) <= {"outcome", "reason"}:
        raise ValidationError(
            mark("must be closed, cancelled, open, or a mapping with outcome and reason")
        )
    outcome = _choice(document, "outcome", OUTCOMES)
    if outcome != "cancelled":
        return Status(outcome)
    if document.get("reason") is None:
        return Status(outcome, "recorded")
    return Status(outcome, _choice(document, "reason", REASONS))


def _time_zone(value: object) -> ZoneInfo:
    if not isinstance(value, str) or not value:
        raise ValidationError(_NOT_A_TEXT)
    try:
        return ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        message = t("{name} is no time zone, such as Asia/Shanghai", name=repr(value))
        raise ValidationError(message) from None


def _template(value: object) -> str:
    template = str(value)
    try:
        names = [name for _, name, _, _ in string.Formatter().parse(template)]
    except ValueError as error:
        raise ValidationError(str(error)) from None
    if not all(name is None or name.isidentifier() for name in names):
        # `{a.b}` and `{a[0]}` would reach into Python objects.
        raise ValidationError(mark("only plain property names may stand in braces"))
    return template


def _known(value: str, allowed: Sequence[str]) -> str:
    if value not in allowed:
        what = t("{value} is not known", value=repr(value))
        raise ValidationError(f"{what}. {t('Known are: {values}', values=', '.join(allowed))}")
    return value


def _choice(document: Mapping[str, object], key: str, allowed: Sequence[str]) -> str:
    value = document.get(key)
    if value not in allowed:
        message = t("must be one of: {values}", values=", ".join(allowed))
        raise ValidationError({key: [message]})
    return str(value)


class MappingSchema(Schema):
    """A mapping file: keys that are not known are refused."""

    error_messages = {"unknown": NO_SUCH_KEY}

    class Meta:
        unknown = RAISE


class RequestMappingSchema(MappingSchema):
    """The mapping of a requests file, without the sections whose codes a district may choose."""

    source = _text(Regexp(r"[a-z0-9_.-]{1,64}\Z", error=_NOT_A_SOURCE))
    time_zone = Parsed(_time_zone, required=True, error_messages=_if_wrong(_NOT_A_TEXT))
    time_format = _text(Regexp(rf"{ISO}\Z|.*%", error=_NOT_A_TIME_FORMAT))
    columns = section(_value, _column, required=True)
    fallbacks = section(_value, _column)
    statuses = section(_status, required=True)
    delimiter = _text(required=False)

    @validates_schema
    def columns_are_complete(self, data: Mapping[str, Any], **_: object) -> None:
        columns = data["columns"]
        missing = [key for key in REQUIRED_COLUMNS if key not in columns]
        if missing:
            what = mark("is missing; say which column of the file holds it")
            raise ValidationError({"columns": {key: [what] for key in missing}})
        if ("longitude" in columns) != ("latitude" in columns):
            raise ValidationError(mark("longitude and latitude go together"), "columns")

    @post_load
    def fill_what_was_left_out(self, data: dict[str, Any], **_: object) -> dict[str, Any]:
        return {**data, **{name: data.get(name) or {} for name in ("fallbacks", "channels")}}
