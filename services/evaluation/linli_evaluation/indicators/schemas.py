"""Indicators at the HTTP edge."""

from __future__ import annotations

from linli_chassis.http import ResponseSchema
from marshmallow import fields


class IndicatorResponse(ResponseSchema):
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


class GradeResponse(ResponseSchema):
    """A band of scores."""

    code = fields.String()
    at_least = fields.Float()
    zh = fields.String()
    en = fields.String()


class IndicatorsResponse(ResponseSchema):
    """The definitions that open periods are scored by."""

    definitions_hash = fields.String(attribute="hash")
    indicators = fields.List(fields.Nested(IndicatorResponse))
    grades = fields.List(fields.Nested(GradeResponse))
