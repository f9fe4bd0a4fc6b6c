"""Events of the organization service: regions, units and the resources that units offer."""

from __future__ import annotations

from marshmallow import EXCLUDE, Schema, fields, validate

from linli_contracts.fields import LANGUAGE, Pattern, code, count, identifier, name, place, region, service
from linli_contracts.schema import EventData, event

LEVELS = ("district", "subdistrict", "community")
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
OPENING = Pattern(r"^([01]\d|2[0-3]):[0-5]\d$", error="Not a time of day, such as 08:30.")
CLOSING = Pattern(r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$", error="Not a time of day, such as 17:30 or 24:00.")


@event(producer="organization", consumers=("grid", "service_desk", "evaluation"))
class RegionRegistered(EventData):
    """A division of the district was registered, or its name corrected."""

    region_code = region("Division code: 6, 9 or 12 digits.", required=True)
    name = name("Official name.", required=True)
    level = code("Level of the division.", required=True, validate=validate.OneOf(LEVELS))
    parent_code = region("Code of the division above; null for the district.", required=True, allow_none=True)


@event(producer="organization", consumers=("service_desk", "evaluation"))
class UnitRegistered(EventData):
    """A unit (department, institution, enterprise, organization, volunteer team) was registered."""

    unit_id = identifier("The unit.", required=True)
    name = name("Official name.", required=True)
    kind = code("Kind of unit.", required=True, validate=validate.OneOf(UNIT_KINDS))
    region_code = region("Where the unit is registered.", required=True)


class OpeningHours(Schema):
    """When a resource can be asked for, in the district's own time zone."""

    class Meta:
        unknown = EXCLUDE

    days = fields.List(
        fields.Integer(strict=True, validate=validate.Range(1, 7)),
        required=True,
        metadata={"description": "ISO weekdays, 1 is Monday."},
    )
    opens = code("From when on, such as 08:30.", required=True, validate=OPENING)
    closes = code("Until when, such as 17:30; 24:00 is midnight.", required=True, validate=CLOSING)


class ResourceState(EventData):
    """All that others need to know of a resource, so that the newest event alone is enough."""

    resource_id = identifier("The resource.", required=True)
    unit_id = identifier("The unit that offers it.", required=True)
    services = fields.List(
        service("A code of the service catalogue."),
        required=True,
        validate=validate.Length(min=1),
        metadata={"description": "What it can deliver."},
    )
    capacity_per_day = count("Cases it can take on one working day.", required=True)
    covers = fields.List(
        region("A region, with all below it."),
        required=True,
        validate=validate.Length(min=1),
        metadata={"description": "Where it serves."},
    )
    place = place(required=True)
    hours = fields.Nested(
        OpeningHours,
        required=True,
        allow_none=True,
        metadata={"description": "When it can be asked for; null when at any time."},
    )
    languages = fields.List(
        code("A language or dialect tag.", validate=LANGUAGE),
        load_default=list,
        metadata={"description": "What it speaks, beside the language of the district."},
    )
    skills = fields.List(
        code("A skill or qualification."), load_default=list, metadata={"description": "What it can do."}
    )


@event(producer="organization", consumers=("service_desk",))
class ResourceOffered(ResourceState):
    """A unit offered a resource: what it can do, how much, for whom and when."""


@event(producer="organization", consumers=("service_desk",))
class ResourceChanged(ResourceState):
    """A resource changed; the event carries its whole new state."""


@event(producer="organization", consumers=("service_desk",))
class ResourceWithdrawn(EventData):
    """A resource is no longer offered; cases it has stay with it."""

    resource_id = identifier("The resource.", required=True)
    unit_id = identifier("The unit that offered it.", required=True)
    reason = code("Why: closed, moved, over_committed, other.", required=True)
