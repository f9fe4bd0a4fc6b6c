"""Fields of schemas that several features have, beside those of `linli_contracts.fields`."""

from __future__ import annotations

from typing import Any

from linli_chassis.i18n import current_locale
from linli_contracts.fields import PLAIN_LINE, code
from linli_contracts.service_catalogue import ServiceItem
from marshmallow import fields, validate

COORDINATE_SYSTEMS = ("wgs84", "gcj02")


class ServiceName(fields.String):
    """The name of a catalogue entry in the client's language."""

    def _serialize(
        self,
        value: Any,
        attr: str | None,  # noqa: ARG002
        obj: object,  # noqa: ARG002
        **kwargs: object,  # noqa: ARG002
    ) -> str | None:
        service: ServiceItem | None = value
        return None if service is None else service.name(current_locale.get())


def longitude() -> fields.Float:
    """Degrees east, which may be unknown."""
    return _degrees("Degrees east; null when the place is not known.", 180)


def latitude() -> fields.Float:
    """Degrees north, which may be unknown."""
    return _degrees("Degrees north.", 90)


def coordinate_system() -> fields.String:
    """What the coordinates are given in."""
    field: fields.String = code(
        "gcj02 for coordinates from Chinese maps; they are converted.",
        load_default="wgs84",
        validate=validate.OneOf(COORDINATE_SYSTEMS),
    )
    return field


def line(description: str, most: int, **more: Any) -> fields.String:
    """One line of plain text, not empty."""
    rules = [validate.Length(1, most), PLAIN_LINE]
    return fields.String(validate=rules, metadata={"description": description}, **more)


def _degrees(description: str, most: int) -> fields.Float:
    return fields.Float(
        load_default=None,
        allow_none=True,
        validate=validate.Range(-most, most),
        metadata={"description": description},
    )
