"""Events of divisions."""

from __future__ import annotations

from marshmallow import validate

from linli_contracts.fields import code, name, region
from linli_contracts.schema import EventData, event

LEVELS = ("district", "subdistrict", "community")


@event(producer="organization", key="region_code")
class RegionRegistered(EventData):
    """A division of the district was registered, or its name corrected."""

    region_code: str = region("Division code: 6, 9 or 12 digits.", required=True)
    name: str = name("Official name.", required=True)
    level: str = code("Level of the division.", required=True, validate=validate.OneOf(LEVELS))
    parent_code: str | None = region(
        "Code of the division above; null for the district.", required=True, allow_none=True
    )
