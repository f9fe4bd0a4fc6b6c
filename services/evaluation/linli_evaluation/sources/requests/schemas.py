"""Facts and figures at the HTTP edge."""

from __future__ import annotations

from typing import Any

from linli_chassis.http import PageQuery, ResponseSchema, page_of
from marshmallow import fields, post_load, validate

from linli_evaluation.schemas import (
    CODE,
    REGION,
    DayOrMoment,
    level_field,
    limit_field,
    next_field,
    only,
)
from linli_evaluation.sources.requests import queries
from linli_evaluation.sources.requests.domain import STATUSES


class FactsQuery(PageQuery):
    """Which facts to list."""

    makes = queries.FactsQuery

    grid_code = fields.String(validate=REGION)
    community_code = fields.String(validate=REGION)
    subdistrict_code = fields.String(validate=REGION)
    status = fields.String(validate=validate.OneOf(STATUSES))
    category = fields.String(validate=CODE)
    unit_id = fields.UUID()
    imported = fields.Boolean()


class FactResponse(ResponseSchema):
    """What is known of one request: codes and times, no words and no contact."""

    request_id = fields.UUID()
    case_id = fields.UUID()
    digest = fields.String()
    grid_code = fields.String()
    community_code = fields.String()
    subdistrict_code = fields.String()
    district_code = fields.String()
    category = fields.String()
    domain = fields.String()
    channel = fields.String()
    priority = fields.String()
    status = fields.String()
    cancel_reason = fields.String()
    reject_reason = fields.String()
    registered_at = fields.AwareDateTime()
    opened_at = fields.AwareDateTime()
    answer_due_at = fields.AwareDateTime()
    answered_at = fields.AwareDateTime()
    first_dispatched_at = fields.AwareDateTime()
    dispatched_at = fields.AwareDateTime()
    due_at = fields.AwareDateTime()
    resolved_at = fields.AwareDateTime()
    closed_at = fields.AwareDateTime()
    cancelled_at = fields.AwareDateTime()
    rated_at = fields.AwareDateTime()
    unit_id = fields.UUID()
    resource_id = fields.UUID()
    suspended = fields.Boolean()
    overdue_answer = fields.Boolean()
    overdue_finish = fields.Boolean()
    imported = fields.Boolean()
    dispatches = fields.Integer()
    declines = fields.Integer()
    returns = fields.Integer()
    unmatched = fields.Integer()
    escalations = fields.Integer()
    extensions = fields.Integer()
    checks = fields.Integer()
    reworks = fields.Integer()
    reopened = fields.Integer()
    answered = fields.Boolean()
    solved = fields.Boolean()
    satisfaction = fields.Integer()
    working_hours = fields.Float()
    elapsed_hours = fields.Float()


class EventResponse(ResponseSchema):
    """An event that told part of a fact."""

    event_id = fields.UUID()
    type = fields.String()
    sequence = fields.Integer()
    time = fields.AwareDateTime()


class OpenedFactResponse(FactResponse):
    """A fact with the events it was folded from, by time."""

    events = fields.List(fields.Nested(EventResponse))


FactPage = page_of(FactResponse)


class FiguresQuery(PageQuery):
    """Which requests to count: by the time they were registered, `from` included and `to` not."""

    makes = queries.FiguresQuery

    limit = limit_field()
    level = level_field("grid")
    start = DayOrMoment(data_key="from", load_default=None)
    end = DayOrMoment(data_key="to", load_default=None)

    @post_load
    def decode(self, data: dict[str, Any], **more: Any) -> dict[str, Any]:
        """The position of a page is the subject before it."""
        data = super().decode(data, **more)
        return {**data, "after": only(str, data["after"])}


class StatusFigureResponse(ResponseSchema):
    """Requests of one status."""

    status = fields.String(allow_none=True)
    cancel_reason = fields.String(allow_none=True)
    cases = fields.Integer()
    median_elapsed_hours = fields.Float(allow_none=True)


class SubjectFiguresResponse(ResponseSchema):
    """Requests of one subject; null for those outside every grid or with no unit."""

    subject = fields.String(allow_none=True)
    name = fields.String(allow_none=True)
    cases = fields.Integer(attribute="total.cases")
    median_elapsed_hours = fields.Float(attribute="total.median_elapsed_hours", allow_none=True)
    statuses = fields.List(fields.Nested(StatusFigureResponse))


class FiguresResponse(ResponseSchema):
    """Counts to check an import by."""

    level = fields.String()
    start = fields.AwareDateTime(data_key="from", allow_none=True)
    end = fields.AwareDateTime(data_key="to", allow_none=True)
    items = fields.List(fields.Nested(SubjectFiguresResponse))
    next = next_field()
