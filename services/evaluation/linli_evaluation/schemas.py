"""What the HTTP edges of several features share: fields, and what an indicator is."""

from __future__ import annotations

from datetime import date, datetime

from linli_chassis.http import ResponseSchema
from linli_chassis.http.schemas import check_year
from linli_chassis.i18n import Text
from linli_contracts.fields import Pattern
from marshmallow import ValidationError, fields, missing, validate

from linli_evaluation import calendar
from linli_evaluation.sources import LEVELS, SubjectLevel

REGION = Pattern(r"^[0-9]{6,15}$", error=Text("Not a region code."))


DAY_OR_MOMENT = {"type": "string", "anyOf": [{"format": "date"}, {"format": "date-time"}]}


class DayOrMoment(fields.Field[date]):
    """A day of the district (2026-11-22) or an aware time (2026-11-22T08:00:00Z)."""

    def _deserialize(self, value: str, *_: object, **__: object) -> date | datetime:
        try:
            if len(value) == 10:
                return check_year(date.fromisoformat(value))
            moment = datetime.fromisoformat(value)
        except ValueError:
            raise self._invalid() from None
        if moment.tzinfo is None:
            raise self._invalid()
        return check_year(moment)

    @staticmethod
    def _invalid() -> ValidationError:
        return ValidationError(Text("Not a day such as 2026-11-22, nor a time with its offset."))


class NumberField(fields.Raw):
    """A number as it is: a count stays whole."""


def level_field(default: SubjectLevel | None = None) -> fields.String:
    """A level that is scored; required where there is no default."""
    return fields.String(
        required=default is None,
        load_default=default or missing,
        validate=validate.OneOf(LEVELS),
        metadata={"description": "What is scored."},
    )


def period_field() -> fields.String:
    """The code of a period; whether there is such a one is the domain's business."""
    described = {
        "description": "2026, 2026-Q4, 2026-11, 2026-W47 or 2026-11-22.",
        "pattern": calendar.PATTERN,
    }
    return fields.String(required=True, validate=validate.Length(max=10), metadata=described)


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
