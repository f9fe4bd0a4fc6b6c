"""What the HTTP edges of several features share: fields, and what an indicator is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from linli_chassis.http import ResponseSchema
from linli_chassis.http.paging import MAX_LIMIT
from linli_chassis.i18n import Text
from marshmallow import ValidationError, fields, missing, validate

from linli_evaluation.sources import LEVELS, SubjectLevel

CODE = validate.Regexp(r"[a-z0-9_.]{1,64}\Z", error=Text("Not a code."))
REGION = validate.Regexp(r"[0-9]{6,15}\Z", error=Text("Not a region code."))


class DayOrMoment(fields.Field[date]):
    """A day of the district (2026-11-22) or an aware time (2026-11-22T08:00:00Z)."""

    def _deserialize(self, value: str, *_: object, **__: object) -> date | datetime:
        try:
            if len(value) == 10:
                return date.fromisoformat(value)
            moment = datetime.fromisoformat(value)
        except (ValueError, OverflowError):
            raise self._invalid() from None
        if moment.tzinfo is None:
            raise self._invalid()
        return moment

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
    described = {"description": "2026, 2026-Q4, 2026-11, 2026-W47 or 2026-11-22."}
    return fields.String(required=True, validate=validate.Length(max=10), metadata=described)


def limit_field() -> fields.Integer:
    """The size of a page of the lists that were once whole: most are so still."""
    described = {"description": "How many items at most."}
    bounds = validate.Range(min=1, max=MAX_LIMIT)
    return fields.Integer(load_default=200, validate=bounds, metadata=described)


def next_field() -> fields.String:
    """The cursor of a list that is more than a page."""
    described = {"description": "The cursor of the next page, if there is one."}
    return fields.String(required=True, allow_none=True, metadata=described)


def only(kind: type, after: Sequence[object] | None) -> Sequence[object] | None:
    """A position of one value of a kind. Raises `ValidationError`."""
    if after is not None and (len(after) != 1 or type(after[0]) is not kind):
        raise ValidationError(Text("Not a cursor of ours."), "cursor")
    return after


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
