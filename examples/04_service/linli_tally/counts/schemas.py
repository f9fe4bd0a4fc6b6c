"""What travels over HTTP."""

from __future__ import annotations

from linli_chassis.http import PageQuery, ResponseSchema
from marshmallow import fields

from linli_tally.counts.queries import CountsOfDay


class CountsQuery(PageQuery):
    """Which day."""

    makes = CountsOfDay
    day = fields.Date(
        required=True, metadata={"description": "The day in the district's time zone."}
    )


class DailyCountResponse(ResponseSchema):
    """How many requests were registered in a grid on a day."""

    grid_code = fields.String(required=True)
    day = fields.Date(required=True)
    requests = fields.Integer(required=True)
