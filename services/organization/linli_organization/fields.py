"""The fields that the schemas of several features share."""

from __future__ import annotations

from linli_chassis.i18n import Text
from linli_contracts.fields import PLAIN_LINE, Pattern
from marshmallow import ValidationError, fields, validate


def name_field(description: str) -> fields.String:
    """The name of a division or an organization; never of a person."""
    return fields.String(
        required=True,
        validate=[validate.Length(1, 200), _not_blank, PLAIN_LINE],
        metadata={"description": description},
    )


def reference_field(description: str) -> fields.String:
    """A reference in the system that the data come from."""
    return fields.String(
        required=True,
        validate=Pattern(r"^[^\s\x00-\x1f]{1,100}$", error="Up to 100 characters without spaces."),
        metadata={"description": description},
    )


def _not_blank(text: str) -> None:
    if not text.strip():
        raise ValidationError(Text("Must not be blank."))
