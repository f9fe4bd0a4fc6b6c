"""What clients of the organization service send and get."""

from __future__ import annotations

from typing import Any

from linli_chassis.http import ResponseSchema, BodySchema, PageQuery
from linli_chassis.i18n import Text
from linli_contracts.events.organization.regions import LEVELS
from linli_contracts.events.organization.units import UNIT_KINDS
from linli_contracts.fields import PLAIN_LINE, REGION_CODE, SERVICE_CODE
from marshmallow import ValidationError, fields, validate, validates_schema

from linli_organization.domain.regions import parse
from linli_organization.domain.resources import OFFERED, WITHDRAWAL_REASONS, WITHDRAWN

LARGEST_CAPACITY = 100_000
_LIST_LENGTH = validate.Length(max=200)
_TAG = validate.Regexp(r"[a-z0-9_.]{1,64}\Z", error="Not a code.")
_TIME = r"([01][0-9]|2[0-3]):[0-5][0-9]"


def _not_blank(text: str) -> None:
    if not text.strip():
        raise ValidationError(Text("Must not be blank."))


def _name(description: str) -> fields.String:
    return fields.String(
        required=True,
        validate=[validate.Length(1, 200), _not_blank, PLAIN_LINE],
        metadata={"description": description},
    )


def _reference(description: str) -> fields.String:
    shape = validate.Regexp(
        r"[^\s\x00-\x1f]{1,100}\Z", error="Up to 100 characters without spaces."
    )
    return fields.String(required=True, validate=shape, metadata={"description": description})


class RegionItem(BodySchema):
    """A division; its level and what is above it follow from the code."""

    code = fields.String(
        required=True,
        validate=validate.Length(max=15),
        metadata={
            "description": "6 digits of the district, 9 of a sub-district or 12 of a community."
        },
    )
    name = _name("Official name.")


class UnitItem(BodySchema):
    """A unit."""

    external_ref = _reference(
        "Its reference in the system it comes from; never reused for another unit."
    )
    name = _name("Official name of the organization; never of a person.")
    kind = fields.String(required=True, validate=validate.OneOf(UNIT_KINDS))
    region_code = fields.String(
        required=True,
        validate=REGION_CODE,
        metadata={"description": "Division where it is registered."},
    )


class Hours(BodySchema):
    """When a resource can be asked for, in the time zone of the district."""

    days = fields.List(
        fields.Integer(strict=True, validate=validate.Range(1, 7)),
        required=True,
        validate=validate.Length(1, 7),
        metadata={"description": "ISO weekdays, 1 is Monday."},
    )
    opens = fields.String(
        required=True, validate=validate.Regexp(_TIME + r"\Z", error="Not a time as HH:MM.")
    )
    closes = fields.String(
        required=True, validate=validate.Regexp(rf"({_TIME}|24:00)\Z", error="Not a time as HH:MM.")
    )


class Offer(BodySchema):
    """What a resource can do, how much, for whom and when."""

    services = fields.List(
        fields.String(validate=SERVICE_CODE),
        required=True,
        validate=validate.Length(1, 200),
        metadata={"description": "Codes of the service catalogue."},
    )
    capacity_per_day = fields.Integer(
        required=True,
        strict=True,
        validate=validate.Range(0, LARGEST_CAPACITY),
        metadata={"description": "Cases it can take on one working day."},
    )
    covers = fields.List(
        fields.String(validate=REGION_CODE),
        required=True,
        validate=validate.Length(1, 200),
        metadata={"description": "Registered divisions that it serves, with all below them."},
    )
    longitude = fields.Float(load_default=None, allow_none=True, validate=validate.Range(-180, 180))
    latitude = fields.Float(load_default=None, allow_none=True, validate=validate.Range(-90, 90))
    hours = fields.Nested(
        Hours, load_default=None, allow_none=True, metadata={"description": "Null for at any time."}
    )
    languages = fields.List(fields.String(validate=_TAG), load_default=list, validate=_LIST_LENGTH)
    skills = fields.List(fields.String(validate=_TAG), load_default=list, validate=_LIST_LENGTH)

    @validates_schema
    def whole_place(self, data: dict[str, Any], **_: Any) -> None:
        """A longitude needs a latitude, and the other way round."""
        if (data.get("longitude") is None) != (data.get("latitude") is None):
            raise ValidationError(Text("Longitude and latitude go together."), "longitude")


class ResourceItem(Offer):
    """A resource of a unit."""

    external_ref = _reference(
        "Its reference in the system it comes from; never reused for another resource."
    )
    unit_ref = _reference("The external reference of the unit that offers it.")


class Withdrawal(BodySchema):
    """Why a resource is no longer offered."""

    reason = fields.String(required=True, validate=validate.OneOf(WITHDRAWAL_REASONS))


class RegionQuery(PageQuery):
    """Which divisions to list."""

    parent = fields.String(
        validate=REGION_CODE, metadata={"description": "The code of the division above."}
    )
    level = fields.String(validate=validate.OneOf(LEVELS))


class UnitQuery(PageQuery):
    """Which units to list."""

    kind = fields.String(validate=validate.OneOf(UNIT_KINDS))
    region_code = fields.String(
        validate=REGION_CODE, metadata={"description": "Registered there or below."}
    )
    external_ref = fields.String(validate=validate.Length(max=100))


class ResourceQuery(PageQuery):
    """Which resources to list."""

    unit_id = fields.UUID()
    service = fields.String(validate=SERVICE_CODE)
    region_code = fields.String(
        validate=REGION_CODE,
        metadata={"description": "Serving this region, also by covering one above it."},
    )
    external_ref = fields.String(validate=validate.Length(max=100))
    state = fields.String(validate=validate.OneOf((OFFERED, WITHDRAWN)))


class Region(ResponseSchema):
    """A registered division."""

    code = fields.String(required=True, attribute="region_code")
    name = fields.String(required=True)
    level = fields.String(required=True)
    parent_code = fields.String(required=True, allow_none=True)
    kind = fields.Function(
        lambda row: parse(row["region_code"]).kind,
        metadata={
            "description": "街道, 镇 or 乡, as the sub-district's number tells; null for the district."
        },
    )


class Unit(ResponseSchema):
    """A registered unit."""

    unit_id = fields.UUID(required=True)
    external_ref = fields.String(required=True)
    name = fields.String(required=True)
    kind = fields.String(required=True)
    region_code = fields.String(required=True)


class AnsweredHours(ResponseSchema):
    """Opening hours, null for at any time."""

    days = fields.List(fields.Integer(), required=True)
    opens = fields.String(required=True)
    closes = fields.String(required=True)


class Resource(ResponseSchema):
    """A resource as it stands."""

    resource_id = fields.UUID(required=True)
    external_ref = fields.String(required=True)
    unit_id = fields.UUID(required=True)
    unit_ref = fields.String(required=True)
    services = fields.List(fields.String(), required=True)
    capacity_per_day = fields.Integer(required=True)
    covers = fields.List(fields.String(), required=True)
    longitude = fields.Float(required=True, allow_none=True)
    latitude = fields.Float(required=True, allow_none=True)
    hours = fields.Nested(AnsweredHours, required=True, allow_none=True)
    languages = fields.List(fields.String(), required=True)
    skills = fields.List(fields.String(), required=True)
    state = fields.String(required=True, metadata={"description": "offered or withdrawn"})
    withdrawn_because = fields.String(required=True, allow_none=True)
