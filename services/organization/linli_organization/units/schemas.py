"""What clients send and get about units."""

from __future__ import annotations

from linli_chassis.http import BodySchema, PageQuery, ResponseSchema
from linli_contracts.events.organization.units import UNIT_KINDS
from linli_contracts.fields import REGION_CODE
from marshmallow import fields, validate

from linli_organization.fields import name_field, reference_field
from linli_organization.units.domain import RegisterUnit
from linli_organization.units.queries import ListUnits


class UnitItem(BodySchema):
    """A unit."""

    makes = RegisterUnit

    external_ref = reference_field(
        "Its reference in the system it comes from; never reused for another unit."
    )
    name = name_field("Official name of the organization; never of a person.")
    kind = fields.String(required=True, validate=validate.OneOf(UNIT_KINDS))
    region_code = fields.String(
        required=True,
        validate=REGION_CODE,
        metadata={"description": "Division where it is registered."},
    )


class UnitQuery(PageQuery):
    """Which units to list."""

    makes = ListUnits

    kind = fields.String(validate=validate.OneOf(UNIT_KINDS))
    region_code = fields.String(
        validate=REGION_CODE, metadata={"description": "Registered there or below."}
    )
    external_ref = fields.String(validate=validate.Length(max=100))


class Unit(ResponseSchema):
    """A registered unit."""

    unit_id = fields.UUID(required=True)
    external_ref = fields.String(required=True)
    name = fields.String(required=True)
    kind = fields.String(required=True)
    region_code = fields.String(required=True)
