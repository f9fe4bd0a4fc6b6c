"""Scorecards at the HTTP edge."""

from __future__ import annotations

from typing import Any

from linli_chassis.http import PageQuery, QuerySchema, ResponseSchema
from marshmallow import fields, post_load, pre_dump

from linli_evaluation.schemas import (
    CODE,
    REGION,
    IndicatorResponse,
    NumberField,
    level_field,
    limit_field,
    next_field,
    only,
    period_field,
)
from linli_evaluation.scorecards.queries import showing


class ScorecardsQuery(PageQuery):
    """Which scorecards: of a level, in a period, below a region."""

    makes = showing.ScorecardsQuery

    limit = limit_field()
    level = level_field()
    period = period_field()
    parent = fields.String(load_default=None, validate=REGION)

    @post_load
    def decode(self, data: dict[str, Any], **more: Any) -> dict[str, Any]:
        """The position of a page is the place of the scorecard before it."""
        data = super().decode(data, **more)
        return {**data, "after": only(int, data["after"])}


class PeriodQuery(QuerySchema):
    """Which period."""

    makes = showing.PeriodQuery

    period = period_field()


class CasesQuery(PageQuery):
    """Which indicator of a scorecard to open."""

    makes = showing.ContributionsQuery

    period = period_field()
    indicator = fields.String(required=True, validate=CODE)


class BasisResponse(ResponseSchema):
    """What scorecards rest on."""

    period = fields.String(attribute="basis.period")
    closed = fields.Boolean(attribute="basis.closed")
    revision = fields.Integer(attribute="basis.revision", allow_none=True)
    definitions_hash = fields.String(attribute="basis.definitions_hash")
    inputs_hash = fields.String(
        attribute="basis.inputs_hash",
        allow_none=True,
        metadata={"description": "Only of a closed period."},
    )


class LineResponse(ResponseSchema):
    """One indicator of a scorecard. Null stands for what too few cases say."""

    code = fields.String()
    value = fields.Float(allow_none=True)
    numerator = NumberField(allow_none=True, metadata={"type": "number"})
    denominator = NumberField(metadata={"type": "number"})
    shrunk = fields.Float(
        allow_none=True, metadata={"description": "The value drawn towards that of the parent."}
    )
    points = fields.Float(
        allow_none=True, metadata={"description": "0 to 100; below 0 for a penalty."}
    )


class ScorecardResponse(ResponseSchema):
    """One scorecard."""

    subject = fields.String(attribute="card.subject")
    name = fields.String(allow_none=True)
    score = fields.Float(attribute="card.score", allow_none=True)
    rank = fields.Integer(attribute="card.rank", allow_none=True)
    level = fields.String(
        attribute="card.level", allow_none=True, metadata={"description": "The grade reached."}
    )
    cases = fields.Integer(attribute="card.cases")
    indicators = fields.List(fields.Nested(LineResponse), attribute="card.indicators")


class ScorecardsResponse(BasisResponse):
    """The scorecards of a level, the best first."""

    level = fields.String()
    items = fields.List(fields.Nested(ScorecardResponse))
    next = next_field()


class OpenedLineResponse(LineResponse, IndicatorResponse):
    """One indicator of a scorecard, with what it is."""

    @pre_dump
    def flatten(self, opened: showing.OpenedLine, **_: object) -> dict[str, object]:
        """The values of both in one."""
        return {**vars(opened.indicator), **vars(opened.line)}


class OpenedScorecardResponse(ScorecardResponse, BasisResponse):
    """One scorecard, opened down to its indicators."""

    subject_level = fields.String()
    indicators = fields.List(fields.Nested(OpenedLineResponse))


class CountedCaseResponse(ResponseSchema):
    """A case (or grid) that an indicator looked at, what it added, and the events that tell why."""

    request_id = fields.UUID(allow_none=True)
    case_id = fields.UUID(allow_none=True)
    grid_code = fields.String(allow_none=True)
    at = fields.AwareDateTime(metadata={"description": "The time that put it into the period."})
    numerator = NumberField(allow_none=True, metadata={"type": "number"})
    denominator = NumberField(metadata={"type": "number"})
    value = fields.Float(allow_none=True)
    changed = fields.Boolean(
        metadata={"description": "Whether events came in after the period was closed."}
    )
    event_ids = fields.List(fields.String())


class CasesResponse(BasisResponse):
    """A page of the cases behind one indicator of a scorecard."""

    indicator = fields.String()
    items = fields.List(fields.Nested(CountedCaseResponse))
    next = fields.String(allow_none=True)
