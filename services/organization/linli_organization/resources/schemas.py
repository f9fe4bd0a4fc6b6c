"""What clients send and get about resources."""

from __future__ import annotations

from typing import Any, ClassVar

from linli_chassis.http import BodySchema, PageQuery, ResponseSchema
from linli_chassis.i18n import Text
from linli_contracts.fields import CODE, REGION_CODE, SERVICE_CODE, Pattern
from marshmallow import ValidationError, fields, validate, validates_schema

from linli_organization.fields import reference_field
from linli_organization.resources import domain
from linli_organization.resources.queries import ListResources

MAX_CAPACITY = 100_000
MAX_CODES = 200
_TIME = "([01][0-9]|2[0-3]):[0-5][0-9]"


def _tags() -> fields.List[str]:
    tag = fields.String(validate=CODE)
    return fields.List(tag, load_default=list, validate=validate.Length(max=MAX_CODES))


class Hours(BodySchema):
    """When a resource can be asked for, in the time zone of the district."""

    makes = domain.OpeningHours

    days = fields.List(
        fields.Integer(strict=True, validate=validate.Range(1, 7)),
        required=True,
        validate=validate.Length(1, 7),
        metadata={"description": "ISO weekdays, 1 is Monday."},
    )
    opens = fields.String(
        required=True, validate=Pattern(f"^{_TIME}$", error="Not a time as HH:MM.")
    )
    closes = fields.String(
        required=True, validate=Pattern(f"^({_TIME}|24:00)$", error="Not a time as HH:MM.")
    )


class Offer(BodySchema):
    """What a resource can do, how much, for whom and when."""

    makes: ClassVar[type[domain.Offer]] = domain.Offer

    services = fields.List(
        fields.String(validate=SERVICE_CODE),
        required=True,
        validate=validate.Length(1, MAX_CODES),
        metadata={"description": "Codes of the service catalogue."},
    )
    capacity_per_day = fields.Integer(
        required=True,
        strict=True,
        validate=validate.Range(0, MAX_CAPACITY),
        metadata={"description": "Cases it can take on one working day."},
    )
    covers = fields.List(
        fields.String(validate=REGION_CODE),
        required=True,
        validate=validate.Length(1, MAX_CODES),
        metadata={"description": "Registered divisions that it serves, with all below them."},
    )
    longitude = fields.Float(load_default=None, allow_none=True, validate=validate.Range(-180, 180))
    latitude = fields.Float(load_default=None, allow_none=True, validate=validate.Range(-90, 90))
    hours = fields.Nested(
        Hours, load_default=None, allow_none=True, metadata={"description": "Null for at any time."}
    )
    languages = _tags()
    skills = _tags()

    @validates_schema
    def whole_place(self, data: dict[str, Any], **_: Any) -> None:
        """A longitude needs a latitude, and the other way round."""
        if (data.get("longitude") is None) != (data.get("latitude") is None):
            raise ValidationError(Text("Longitude and latitude go together."), "longitude")


class ResourceItem(Offer):
    """A resource of a unit."""

    makes = domain.OfferResource

    external_ref = reference_field(
        "Its reference in the system it comes from; never reused for another resource."
    )
    unit_ref = reference_field("The external reference of the unit that offers it.")


class Withdrawal(BodySchema):
    """Why a resource is no longer offered."""

    makes = domain.Withdrawal

    reason = fields.String(required=True, validate=validate.OneOf(domain.WITHDRAWAL_REASONS))


class ResourceQuery(PageQuery):
    """Which resources to list."""

    makes = ListResources

    unit_id = fields.UUID()
    service = fields.String(validate=SERVICE_CODE)
    region_code = fields.String(
        validate=REGION_CODE,
        metadata={"description": "Serving this region, also by covering one above it."},
    )
    external_ref = fields.String(validate=validate.Length(max=100))
    state = fields.String(validate=validate.OneOf((domain.OFFERED, domain.WITHDRAWN)))


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
