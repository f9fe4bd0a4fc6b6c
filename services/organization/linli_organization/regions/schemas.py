"""What clients send and get about divisions."""

from __future__ import annotations

from linli_chassis.http import BodySchema, PageQuery, ResponseSchema
from linli_contracts.events.organization.regions import LEVELS
from linli_contracts.fields import REGION_CODE
from marshmallow import fields, validate

from linli_organization.fields import name_field
from linli_organization.regions.domain import RegisterRegion
from linli_organization.regions.queries import ListRegions


class RegionItem(BodySchema):
    """A division; its level and what is above it follow from the code."""

    makes = RegisterRegion

    code = fields.String(
        required=True,
        validate=validate.Length(max=15),
        metadata={
            "description": "6 digits of the district, 9 of a sub-district or 12 of a community."
        },
    )
    name = name_field("Official name.")


class RegionQuery(PageQuery):
    """Which divisions to list."""

    makes = ListRegions

    parent = fields.String(
        validate=REGION_CODE, metadata={"description": "The code of the division above."}
    )
    level = fields.String(validate=validate.OneOf(LEVELS))


class Region(ResponseSchema):
    """A registered division."""

    code = fields.String(required=True, attribute="region_code")
    name = fields.String(required=True)
    level = fields.String(required=True)
    parent_code = fields.String(required=True, allow_none=True)
    kind = fields.String(
        required=True,
        allow_none=True,
        metadata={
            "description": "街道, 镇 or 乡, as the sub-district's number tells; "
            "null for the district."
        },
    )
