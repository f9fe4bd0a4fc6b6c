"""What a mapping file may hold: its keys and values, checked by marshmallow.

Messages are templates of the command's translations; those with parameters are translated here.
"""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validates_schema
from marshmallow.validate import Length, OneOf, Regexp

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


def _text(**more: Any) -> fields.String:
    messages: dict[str, Any] = dict.fromkeys(("required", "null", "invalid"), _NOT_A_TEXT)
    validate = [Length(1, error=_NOT_A_TEXT), *more.pop("validate", [])]
    return fields.String(**{"required": True, **more}, validate=validate, error_messages=messages)


def section(
    values: fields.Field[Any], keys: fields.Field[Any] | None = None, *, required: bool = False
) -> fields.Dict:
    """A mapping of names to values; one that is not required may be null."""
    return fields.Dict(
        keys=keys or _Name(),
        values=values,
        required=required,
        allow_none=not required,
        validate=Length(1, error=_NOT_A_SECTION) if required else None,
        error_messages=dict.fromkeys(("required", "null", "invalid"), _NOT_A_SECTION),
    )


def template_field(optional: bool, missing: str) -> fields.Field[Any]:
    messages: dict[str, Any] = dict.fromkeys(("required", "null"), missing)
    return _Template(required=not optional, allow_none=optional, error_messages=messages)


class _Name(fields.Field[str]):
    """The name of an entry. YAML reads yes, no, on, off and dates as what they mean."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str:
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise ValidationError(mark("is not a text to YAML; put it into quotes"))
        return str(value)


class _ColumnKey(_Name):
    """The name of something that a request has."""

    def _deserialize(self, value: Any, *more: Any, **named: Any) -> str:
        return _known(super()._deserialize(value, *more, **named), COLUMNS)


class _Value(fields.Field[str]):
    """What a name stands for: a text."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str:
        if not isinstance(value, str):
            raise ValidationError(mark("must be a text"))
        return value


class Code(_Value):
    """One of the codes that there are."""

    def __init__(self, codes: Sequence[str]) -> None:
        super().__init__()
        self._codes = codes

    def _deserialize(self, value: Any, *more: Any, **named: Any) -> str:
        return _known(super()._deserialize(value, *more, **named), self._codes)


class _StatusField(fields.Field[Status]):
    """An outcome, or a mapping of outcome and reason."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Status:
        document = {"outcome": value} if isinstance(value, str) else value
        if not isinstance(document, dict) or not set(document) <= {"outcome", "reason"}:
            raise ValidationError(
                mark("must be closed, cancelled, open, or a mapping with outcome and reason")
            )
        status = Status(_one_of(document, "outcome", OUTCOMES))
        if status.outcome != "cancelled":
            return status
        if document.get("reason") is None:
            return Status(status.outcome, "recorded")
        return Status(status.outcome, _one_of(document, "reason", REASONS))


class _TimeZone(fields.String):
    """An IANA time zone."""

    def _deserialize(self, value: Any, *more: Any, **named: Any) -> Any:
        name = super()._deserialize(value, *more, **named)
        try:
            return ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            message = t("{name} is no time zone, such as Asia/Shanghai", name=repr(name))
            raise ValidationError(message) from None


class _Template(fields.Field[str]):
    """A template over the properties of a feature."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str:
        template = str(value)
        try:
            names = [name for _, name, _, _ in string.Formatter().parse(template)]
        except ValueError as error:
            raise ValidationError(str(error)) from None
        if not all(name is None or name.isidentifier() for name in names):
            # `{a.b}` and `{a[0]}` would reach into Python objects.
            raise ValidationError(mark("only plain property names may stand in braces"))
        return template


class MappingSchema(Schema):
    """A mapping file: keys that are not known are refused."""

    error_messages = {"unknown": NO_SUCH_KEY}

    class Meta:
        unknown = RAISE


class RequestMappingSchema(MappingSchema):
    """The mapping of a requests file, without the sections whose codes a district may choose."""

    source = _text(
        validate=[
            Regexp(
                r"[a-z0-9_.-]{1,64}\Z",
                error=mark("use up to 64 of a-z, 0-9, dot, dash and underscore"),
            )
        ]
    )
    time_zone = _TimeZone(
        required=True,
        error_messages=dict.fromkeys(("required", "null", "invalid"), _NOT_A_TEXT),
    )
    time_format = _text(
        validate=[
            Regexp(
                rf"{ISO}\Z|.*%", error=mark('must be "iso", or a format such as "%Y-%m-%d %H:%M"')
            )
        ]
    )
    columns = section(_Value(), _ColumnKey(), required=True)
    fallbacks = section(_Value(), _ColumnKey())
    statuses = section(_StatusField(), required=True)
    delimiter = _text(required=False)

    @validates_schema
    def columns_are_complete(self, data: Mapping[str, Any], **_: Any) -> None:
        columns = data["columns"]
        missing = [key for key in REQUIRED_COLUMNS if key not in columns]
        if missing:
            what = mark("is missing; say which column of the file holds it")
            raise ValidationError({"columns": {key: [what] for key in missing}})
        if ("longitude" in columns) != ("latitude" in columns):
            raise ValidationError(mark("longitude and latitude go together"), "columns")

    @post_load
    def fill_what_was_left_out(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {**data, **{name: data.get(name) or {} for name in ("fallbacks", "channels")}}


def _known(value: str, allowed: Sequence[str]) -> str:
    if value not in allowed:
        what = t("{value} is not known", value=repr(value))
        raise ValidationError(f"{what}. {t('Known are: {values}', values=', '.join(allowed))}")
    return value


def _one_of(document: Mapping[str, Any], key: str, allowed: Sequence[str]) -> str:
    message = t("must be one of: {values}", values=", ".join(allowed))
    try:
        return str(OneOf(allowed, error=message)(document.get(key)))
    except ValidationError as error:
        raise ValidationError({key: error.messages}) from None
