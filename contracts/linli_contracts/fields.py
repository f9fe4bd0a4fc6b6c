"""The fields that several event schemas share: codes, places and times, described once."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate


class Pattern(validate.Regexp):
    """The whole string matches, in ASCII: `Regexp` would also take a newline at the end and digits
    of other scripts.
    """

    regex: re.Pattern[str]

    def __init__(self, regex: str, *, error: str) -> None:
        super().__init__(regex, re.ASCII, error=error)

    def __call__(self, value: Any) -> Any:
        """Give `value` back, or raise `ValidationError`."""
        if not self.matches(value):
            raise ValidationError(self.error)
        return value

    def matches(self, value: str) -> bool:
        """Whether `value` has this form."""
        return self.regex.fullmatch(value) is not None


REGION_CODE = Pattern(r"^\d{6}(\d{3}(\d{3}(\d{2,3})?)?)?$", error="Not a division code.")
GRID_CODE = Pattern(
    r"^\d{14,15}$", error="Not a grid code: 12 digits of its community and 2 or 3 of its own."
)
SERVICE_CODE = Pattern(
    r"^[a-z_]+\.[a-z_]+$", error="Not a service code, such as elder_care.home_visit."
)
CODE = Pattern(r"^[a-z0-9_.]{1,64}$", error="Not a code.")
LANGUAGE = Pattern(r"^[A-Za-z0-9_.-]{1,64}$", error="Not a language tag, such as zh or zh-yue.")
SHA256 = Pattern(r"^[0-9a-f]{64}$", error="Not a SHA-256 in hex.")
PLAIN_LINE = Pattern(r"^[^\x00-\x1f\x7f]*$", error="Not one line of plain text.")

PRIORITIES = ("normal", "raised", "urgent")
LOCATION_STATUSES = ("located", "outside", "unplaced")
CHANNELS = ("web", "wechat", "app", "hotline", "open311", "in_person", "patrol", "import")
OUTCOMES = ("closed", "cancelled", "open")


class Moment(fields.AwareDateTime):
    """An aware time; UTC both on the wire and in Python, whatever offset it came with."""

    def _serialize(
        self, value: Any, attr: str | None, obj: Any, **kwargs: Any
    ) -> str | float | None:
        # A naive time is left as it is, so that it is refused and not taken for local time.
        aware = value.astimezone(UTC) if value is not None and value.tzinfo else value
        return super()._serialize(aware, attr, obj, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        try:
            return super()._deserialize(value, attr, data, **kwargs).astimezone(UTC)
        except OverflowError as error:
            raise self.make_error("invalid", input=value, obj_type=self.OBJ_TYPE) from error


class Flag(fields.Boolean):
    """True or false; words that mean them, which marshmallow takes and JSON Schema does not, are
    refused.
    """

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return super()._deserialize(value, attr, data, **kwargs)


class Place(Schema):
    """A point in WGS-84 degrees, rounded to 0.001 (about 100 m): near enough to plan, too coarse to
    name a door.
    """

    class Meta:
        unknown = EXCLUDE

    longitude = fields.Float(
        required=True,
        validate=validate.Range(-180, 180),
        metadata={"description": "Degrees east, WGS-84."},
    )
    latitude = fields.Float(
        required=True,
        validate=validate.Range(-90, 90),
        metadata={"description": "Degrees north, WGS-84."},
    )


def coarse(longitude: float, latitude: float) -> dict[str, float]:
    """Round a WGS-84 point in degrees as far as events may carry it."""
    return {"longitude": round(longitude, 3), "latitude": round(latitude, 3)}


def place(**more: Any) -> Any:
    """A place that may be unknown (null)."""
    return fields.Nested(
        Place,
        allow_none=True,
        metadata={"description": " ".join((Place.__doc__ or "").split())},
        **more,
    )


def identifier(description: str, **more: Any) -> Any:
    """The id of a thing: a UUID."""
    return fields.UUID(metadata={"description": description}, **more)


def code(description: str, **more: Any) -> Any:
    """Any short code of a closed list or a domain vocabulary; never free text."""
    return fields.String(
        metadata={"description": description},
        validate=more.pop("validate", CODE),
        **more,
    )


def region(description: str, **more: Any) -> Any:
    """The code of a division, down to the grid: 6, 9, 12, 14 or 15 digits."""
    return fields.String(metadata={"description": description}, validate=REGION_CODE, **more)


def grid(description: str, **more: Any) -> Any:
    """The code of a grid: 14 or 15 digits."""
    return fields.String(metadata={"description": description}, validate=GRID_CODE, **more)


def service(description: str, **more: Any) -> Any:
    """A code of the service catalogue, `<domain>.<service>`."""
    return fields.String(metadata={"description": description}, validate=SERVICE_CODE, **more)


def name(description: str, **more: Any) -> Any:
    """The public name of a region, grid or organization; never of a person."""
    return fields.String(
        metadata={"description": description},
        validate=[validate.Length(1, 200), PLAIN_LINE],
        **more,
    )


def moment(description: str, **more: Any) -> Any:
    """When something happened or is due; a time without an offset is refused."""
    return Moment(metadata={"description": f"{description} UTC."}, **more)


def flag(description: str, **more: Any) -> Any:
    """Yes or no."""
    return Flag(metadata={"description": description}, **more)


def digest(description: str, **more: Any) -> Any:
    """A SHA-256 in lower-case hex."""
    return fields.String(
        metadata={"description": f"{description} SHA-256, hex."}, validate=SHA256, **more
    )


def count(description: str, **more: Any) -> Any:
    """A whole number from 0."""
    return fields.Integer(
        strict=True, metadata={"description": description}, validate=validate.Range(min=0), **more
    )


def integer(**options: Any) -> Any:
    """Any whole number; words and fractions are refused."""
    return fields.Integer(strict=True, **options)


def number(**options: Any) -> Any:
    """Any number."""
    return fields.Float(**options)


def nested(schema: type[Schema], **options: Any) -> Any:
    """An object inside the event."""
    return fields.Nested(schema, **options)


def list_of(item: Any, **options: Any) -> Any:
    """A list of such values."""
    return fields.List(item, **options)
