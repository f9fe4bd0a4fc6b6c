"""Events of units."""

from __future__ import annotations

from uuid import UUID

from marshmallow import validate

from linli_contracts.fields import code, identifier, name, region
from linli_contracts.schema import EventData, event

UNIT_KINDS = (
    "government_department",
    "public_institution",
    "enterprise",
    "new_organization",
    "mass_organization",
    "social_organization",
    "volunteer_team",
    "community_organization",
    "party_organization",
)


@event(producer="organization", key="unit_id")
class UnitRegistered(EventData):
    """A unit (department, institution, enterprise, organization, volunteer team) was registered."""

    unit_id: UUID = identifier("The unit.", required=True)
    name: str = name("Official name.", required=True)
    kind: str = code("Kind of unit.", required=True, validate=validate.OneOf(UNIT_KINDS))
    region_code: str = region("Where the unit is registered.", required=True)
