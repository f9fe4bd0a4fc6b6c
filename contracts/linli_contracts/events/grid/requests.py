"""Events of residents' requests, up to the case."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from marshmallow import EXCLUDE, Schema, validate

from linli_contracts.fields import (
    CHANNELS,
    LOCATION_STATUSES,
    OUTCOMES,
    PRIORITIES,
    code,
    digest,
    grid,
    identifier,
    moment,
    nested,
    place,
    service,
)
from linli_contracts.schema import EventData, event

REJECTION_REASONS = (
    "not_a_request",
    "outside_the_district",
    "no_consent",
    "false_report",
    "repeated",
)


class RequestState(EventData):
    """What others may know of a resident's request: codes, no words, no contact, a coarse place."""

    request_id: UUID = identifier(
        "The request; also the correlation id of all that follows.", required=True
    )
    category: str = service("The service asked for, from the service catalogue.", required=True)
    channel: str = code("How it came in.", required=True, validate=validate.OneOf(CHANNELS))
    priority: str = code(
        "Need of the resident.", required=True, validate=validate.OneOf(PRIORITIES)
    )
    location_status: str = code(
        "Whether its place fell into a grid.",
        required=True,
        validate=validate.OneOf(LOCATION_STATUSES),
    )
    grid_code: str | None = grid(
        "The grid it fell into; null when outside every grid.", required=True, allow_none=True
    )
    place: Mapping[str, float] | None = place(required=True)
    registered_at: datetime = moment("When the resident asked.", required=True)


@event(producer="grid", key="request_id")
class RequestRegistered(RequestState):
    """A resident's request came in and was located."""


class RecordedOutcome(Schema):
    """How a historic request ended in the system it was imported from."""

    class Meta:
        unknown = EXCLUDE

    outcome = code("How it stands there.", required=True, validate=validate.OneOf(OUTCOMES))
    ended_at = moment("When it was closed or cancelled.", required=True, allow_none=True)
    reason = code(
        "Why it was cancelled, e.g. withdrawn, referred_out.", required=True, allow_none=True
    )


@event(producer="grid", key="request_id")
class RequestVerified(RequestState):
    """A grid worker found the request to be real; a case may be opened."""

    tracking_digest: str = digest(
        "Of the tracking code: lets a service check a code it must not know.", required=True
    )
    recorded: Mapping[str, Any] | None = nested(
        RecordedOutcome,
        load_default=None,
        allow_none=True,
        metadata={"description": "Only for history brought in from another system."},
    )


@event(producer="grid", key="request_id")
class RequestRelocated(EventData):
    """A request was given to another grid than its place had been found in, or to its first one."""

    request_id: UUID = identifier("The request.", required=True)
    grid_code: str = grid("The grid it belongs to.", required=True)


@event(producer="grid", key="request_id")
class RequestRejected(EventData):
    """A request was rejected, with a reason."""

    request_id: UUID = identifier("The request.", required=True)
    reason: str = code("Why.", required=True, validate=validate.OneOf(REJECTION_REASONS))


@event(producer="grid", key="request_id")
class RequestResolvedOnSpot(EventData):
    """A grid worker settled the request on the spot; no case is needed."""

    request_id: UUID = identifier("The request.", required=True)
    worker_id: UUID = identifier("The worker's account.", required=True)


@event(producer="grid", key="request_id")
class RequestLinked(EventData):
    """A request was recognised as another report of the same matter and linked to it."""

    request_id: UUID = identifier("The later report.", required=True)
    original_request_id: UUID = identifier("The request that is being worked on.", required=True)
