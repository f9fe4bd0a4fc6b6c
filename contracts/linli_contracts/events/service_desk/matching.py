"""Events of matching a case to a resource."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from marshmallow import EXCLUDE, Schema, validate

from linli_contracts.events.service_desk.cases import CaseEvent
from linli_contracts.fields import (
    code,
    identifier,
    integer,
    list_of,
    moment,
    nested,
    region,
    service,
)
from linli_contracts.schema import event


class Candidate(Schema):
    """A resource that could have served, and what it would have cost."""

    class Meta:
        unknown = EXCLUDE

    resource_id = identifier("The resource.", required=True)
    cost = integer(required=True, metadata={"description": "Matching cost; less is better."})


class MatchReason(Schema):
    """One part of the cost of a match."""

    class Meta:
        unknown = EXCLUDE

    factor = code("distance, load, slack, continuity or priority.", required=True)
    cost = integer(required=True, metadata={"description": "Its share of the cost."})


@event(producer="service_desk", key="case_id")
class CaseDispatched(CaseEvent):
    """A case was given to a resource (step 3, 任务派遣): the clock to finish starts."""

    resource_id: UUID = identifier("The resource.", required=True)
    unit_id: UUID = identifier("The unit that offers it.", required=True)
    by: str = code(
        "matching or dispatcher.",
        required=True,
        validate=validate.OneOf(("matching", "dispatcher")),
    )
    due_at: datetime = moment("Until when it is to be finished.", required=True)
    reply_due_at: datetime = moment(
        "Until when the provider has to accept or decline.", required=True
    )
    reasons: Sequence[Any] = list_of(
        nested(MatchReason),
        required=True,
        metadata={"description": "What its cost is made of; may be empty."},
    )
    alternatives: Sequence[Any] = list_of(
        nested(Candidate),
        required=True,
        metadata={"description": "The next choices, best first."},
    )


@event(producer="service_desk", key="case_id")
class CaseUnmatched(CaseEvent):
    """No resource can take the case: the need goes on the needs list."""

    service: str = service("What is missing.", required=True)
    region_code: str | None = region(
        "Where it is missing; null when outside every grid.", required=True, allow_none=True
    )
    reason: str = code("no_service, no_coverage, no_capacity or all_declined.", required=True)
