"""Events of the resources that units offer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from marshmallow import EXCLUDE, Schema, validate

from linli_contracts.fields import (
    LANGUAGE,
    Pattern,
    code,
    count,
    identifier,
    integer,
    list_of,
    nested,
    place,
    region,
    service,
)
from linli_contracts.schema import EventData, event

OPENING = Pattern(r"^([01]\d|2[0-3]):[0-5]\d$", error="Not a time of day, such as 08:30.")


CLOSING = Pattern(
    r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$", error="Not a time of day, such as 17:30 or 24:00."
)


class OpeningHours(Schema):
    """When a resource can be asked for, in the district's own time zone."""

    class Meta:
        unknown = EXCLUDE

    days = list_of(
        integer(validate=validate.Range(1, 7)),
        required=True,
        metadata={"description": "ISO weekdays, 1 is Monday."},
    )
    opens = code("From when on, such as 08:30.", required=True, validate=OPENING)
    closes = code("Until when, such as 17:30; 24:00 is midnight.", required=True, validate=CLOSING)


class ResourceState(EventData):
    """All that others need to know of a resource, so that the newest event alone is enough."""

    resource_id: UUID = identifier("The resource.", required=True)
    unit_id: UUID = identifier("The unit that offers it.", required=True)
    services: Sequence[Any] = list_of(
        service("A code of the service catalogue."),
        required=True,
        validate=validate.Length(min=1),
        metadata={"description": "What it can deliver."},
    )
    capacity_per_day: int = count("Cases it can take on one working day.", required=True)
    covers: Sequence[Any] = list_of(
        region("A region, with all below it."),
        required=True,
        validate=validate.Length(min=1),
        metadata={"description": "Where it serves."},
    )
    place: Mapping[str, float] | None = place(required=True)
    hours: Mapping[str, Any] | None = nested(
        OpeningHours,
        required=True,
        allow_none=True,
        metadata={"description": "When it can be asked for; null when at any time."},
    )
    languages: Sequence[Any] = list_of(
        code("A language or dialect tag.", validate=LANGUAGE),
        load_default=list,
        metadata={"description": "What it speaks, beside the language of the district."},
    )
    skills: Sequence[Any] = list_of(
        code("A skill or qualification."),
        load_default=list,
        metadata={"description": "What it can do."},
    )


@event(producer="organization", key="resource_id")
class ResourceOffered(ResourceState):
    """A unit offered a resource: what it can do, how much, for whom and when."""


@event(producer="organization", key="resource_id")
class ResourceChanged(ResourceState):
    """A resource changed; the event carries its whole new state."""


@event(producer="organization", key="resource_id")
class ResourceWithdrawn(EventData):
    """A resource is no longer offered; cases it has stay with it."""

    resource_id: UUID = identifier("The resource.", required=True)
    unit_id: UUID = identifier("The unit that offered it.", required=True)
    reason: str = code("Why: closed, moved, over_committed, other.", required=True)
