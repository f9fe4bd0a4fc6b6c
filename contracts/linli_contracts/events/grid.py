"""Events of the grid service: grids, their workers, and residents' requests up to the case."""

from __future__ import annotations

from marshmallow import EXCLUDE, Schema, fields, validate

from linli_contracts.fields import (
    CHANNELS,
    LOCATION_STATUSES,
    OUTCOMES,
    PRIORITIES,
    code,
    count,
    digest,
    flag,
    grid,
    identifier,
    moment,
    name,
    place,
    region,
    service,
)
from linli_contracts.schema import EventData, event

REJECTION_REASONS = ("not_a_request", "outside_the_district", "no_consent", "false_report", "repeated")


@event(producer="grid", consumers=("service_desk", "evaluation"))
class GridDrawn(EventData):
    """A grid was drawn or redrawn. The polygon stays with the grid service; ask it there."""

    grid_code = grid("The grid.", required=True)
    community_code = region("The community it belongs to: the first 12 digits of its code.", required=True)
    name = name("Name of the grid.", required=True)
    households = count("Households in it; null when not counted yet.", required=True, allow_none=True)
    area_m2 = fields.Float(required=True, metadata={"description": "Area in square metres."})
    centre = place(required=True)


@event(producer="grid", consumers=("evaluation",))
class WorkerAssigned(EventData):
    """A worker was given a duty in a grid, or relieved of it."""

    worker_id = identifier("The worker's account; never a name.", required=True)
    grid_code = grid("The grid.", required=True)
    duty = code("Duty in the grid.", required=True, validate=validate.OneOf(("full_time", "part_time", "deputy")))
    active = flag("False when relieved of the duty.", required=True)


class RequestState(EventData):
    """What others may know of a resident's request: codes, no words, no contact, a coarse place."""

    request_id = identifier("The request; also the correlation id of all that follows.", required=True)
    category = service("The service asked for, from the service catalogue.", required=True)
    channel = code("How it came in.", required=True, validate=validate.OneOf(CHANNELS))
    priority = code("Need of the resident.", required=True, validate=validate.OneOf(PRIORITIES))
    location_status = code(
        "Whether its place fell into a grid.", required=True, validate=validate.OneOf(LOCATION_STATUSES)
    )
    grid_code = grid("The grid it fell into; null when outside every grid.", required=True, allow_none=True)
    place = place(required=True)
    registered_at = moment("When the resident asked.", required=True)


@event(producer="grid", consumers=("evaluation",))
class RequestRegistered(RequestState):
    """A resident's request came in and was located."""


class RecordedOutcome(Schema):
    """How a historic request ended in the system it was imported from."""

    class Meta:
        unknown = EXCLUDE

    outcome = code("How it stands there.", required=True, validate=validate.OneOf(OUTCOMES))
    ended_at = moment("When it was closed or cancelled.", required=True, allow_none=True)
    reason = code("Why it was cancelled, e.g. withdrawn, referred_out.", required=True, allow_none=True)


@event(producer="grid", consumers=("service_desk", "evaluation"))
class RequestVerified(RequestState):
    """A grid worker found the request to be real; a case may be opened."""

    tracking_digest = digest("Of the tracking code: lets a service check a code it must not know.", required=True)
    recorded = fields.Nested(
        RecordedOutcome,
        load_default=None,
        allow_none=True,
        metadata={"description": "Only for history brought in from another system."},
    )


@event(producer="grid", consumers=("evaluation",))
class RequestRelocated(EventData):
    """A request was given to another grid than the one its place had been found in, or to its first one."""

    request_id = identifier("The request.", required=True)
    grid_code = grid("The grid it belongs to.", required=True)


@event(producer="grid", consumers=("evaluation",))
class RequestRejected(EventData):
    """A request was rejected, with a reason."""

    request_id = identifier("The request.", required=True)
    reason = code("Why.", required=True, validate=validate.OneOf(REJECTION_REASONS))


@event(producer="grid", consumers=("evaluation",))
class RequestResolvedOnSpot(EventData):
    """A grid worker settled the request on the spot; no case is needed."""

    request_id = identifier("The request.", required=True)
    worker_id = identifier("The worker's account.", required=True)


@event(producer="grid", consumers=("evaluation",))
class RequestLinked(EventData):
    """A request was recognised as another report of the same matter and linked to it."""

    request_id = identifier("The later report.", required=True)
    original_request_id = identifier("The request that is being worked on.", required=True)
