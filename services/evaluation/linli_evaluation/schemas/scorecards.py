"""Indicators, scorecards and periods at the HTTP edge."""

from __future__ import annotations

from linli_chassis.http import ResponseSchema, BodySchema, PageQuery, QuerySchema
from marshmallow import fields, validate

from linli_evaluation.schemas.common import CODE, REGION, Number, level_field, period_field


class IndicatorAnswer(ResponseSchema):
    """What an indicator is."""

    code = fields.String()
    zh = fields.String()
    en = fields.String()
    source = fields.String()
    kind = fields.String()
    levels = fields.List(fields.String())
    better = fields.String()
    weight = fields.Float()
    target = fields.Float(allow_none=True)
    minimum = fields.Integer()
    shrinkage = fields.Float()


class GradeAnswer(ResponseSchema):
    """A band of scores."""

    code = fields.String()
    at_least = fields.Float()
    zh = fields.String()
    en = fields.String()


class IndicatorsAnswer(ResponseSchema):
    """The definitions that open periods are scored by."""

    definitions_hash = fields.String()
    indicators = fields.List(fields.Nested(IndicatorAnswer))
    grades = fields.List(fields.Nested(GradeAnswer))


class ScorecardsQuery(QuerySchema):
    """Which scorecards: of a level, in a period, below a region."""

    level = level_field(required=True)
    period = period_field()
    parent = fields.String(load_default=None, validate=REGION)


class PeriodQuery(QuerySchema):
    """Which period."""

    period = period_field()


class Line(ResponseSchema):
    """One indicator of a scorecard. Null stands for what too few cases say."""

    code = fields.String()
    value = fields.Float(allow_none=True)
    numerator = Number(allow_none=True, metadata={"type": "number"})
    denominator = Number(metadata={"type": "number"})
    shrunk = fields.Float(
        allow_none=True, metadata={"description": "The value drawn towards that of the parent."}
    )
    points = fields.Float(
        allow_none=True, metadata={"description": "0 to 100; below 0 for a penalty."}
    )


class CardAnswer(ResponseSchema):
    """One scorecard."""

    subject = fields.String()
    name = fields.String(allow_none=True)
    score = fields.Float(allow_none=True)
    rank = fields.Integer(allow_none=True)
    level = fields.String(allow_none=True, metadata={"description": "The grade reached."})
    cases = fields.Integer()
    indicators = fields.List(fields.Nested(Line))


class _Basis(ResponseSchema):
    period = fields.String()
    closed = fields.Boolean()
    revision = fields.Integer(allow_none=True)
    definitions_hash = fields.String()
    inputs_hash = fields.String(
        allow_none=True, metadata={"description": "Only of a closed period."}
    )


class ScorecardsAnswer(_Basis):
    """The scorecards of a level, the best first."""

    level = fields.String()
    items = fields.List(fields.Nested(CardAnswer))


class OpenedLine(Line, IndicatorAnswer):
    """One indicator of a scorecard, with what it is."""


class OpenedCardAnswer(CardAnswer, _Basis):
    """One scorecard, opened down to its indicators."""

    subject_level = fields.String()
    indicators = fields.List(fields.Nested(OpenedLine))


class CasesQuery(PageQuery):
    """Which indicator of a scorecard to open."""

    period = period_field()
    indicator = fields.String(required=True, validate=CODE)


class CountedCase(ResponseSchema):
    """A case (or grid) that an indicator looked at, what it added, and the events that tell why."""

    request_id = fields.UUID(allow_none=True)
    case_id = fields.UUID(allow_none=True)
    grid_code = fields.String(allow_none=True)
    at = fields.AwareDateTime(metadata={"description": "The time that put it into the period."})
    numerator = Number(allow_none=True, metadata={"type": "number"})
    denominator = Number(metadata={"type": "number"})
    value = fields.Float(allow_none=True)
    changed = fields.Boolean(
        metadata={"description": "Whether events came in after the period was closed."}
    )
    event_ids = fields.List(fields.String())


class CasesAnswer(_Basis):
    """A page of the cases behind one indicator of a scorecard."""

    indicator = fields.String()
    items = fields.List(fields.Nested(CountedCase))
    next = fields.String(allow_none=True)


class ClosePeriod(BodySchema):
    """Closing a period."""

    early = fields.Boolean(
        load_default=False, metadata={"description": "Close it although it still runs."}
    )


class RevisePeriod(BodySchema):
    """Revising a closed period."""

    reason = fields.String(required=True, validate=validate.Length(1, 500))


class ClosedPeriod(ResponseSchema):
    """A period that was closed or revised."""

    period = fields.String()
    revision = fields.Integer()
    closed_at = fields.AwareDateTime()
    reason = fields.String(allow_none=True)
    definitions_hash = fields.String()
    inputs_hash = fields.String()
    scorecards = fields.Integer(metadata={"description": "How many were published."})
