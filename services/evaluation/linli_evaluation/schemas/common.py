"""Fields that several schemas of evaluation share."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from linli_chassis.i18n import Text
from marshmallow import ValidationError, fields, validate

from linli_evaluation.domain.indicators import LEVELS

CODE = validate.Regexp(r"[a-z0-9_.]{1,64}\Z", error=Text("Not a code."))
REGION = validate.Regexp(r"[0-9]{6,15}\Z", error=Text("Not a region code."))


class DayOrMoment(fields.Field[Any]):
    """A day of the district (2026-11-22) or an aware time (2026-11-22T08:00:00Z)."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> date | datetime:
        try:
            return (
                date.fromisoformat(value)
                if len(value) == 10
                else self._aware(datetime.fromisoformat(value))
            )
        except (ValueError, OverflowError):
            raise ValidationError(
                Text("Not a day such as 2026-11-22, nor a time with its offset.")
            ) from None

    @staticmethod
    def _aware(moment: datetime) -> datetime:
        if moment.tzinfo is None:
            raise ValueError
        return moment


class Number(fields.Raw):
    """A number as it is: a count stays whole."""


def level_field(**more: Any) -> fields.String:
    """A level that is scored."""
    return fields.String(
        validate=validate.OneOf(LEVELS), metadata={"description": "What is scored."}, **more
    )


def period_field() -> fields.String:
    """The code of a period; whether there is such a one is the domain's business."""
    described = {"description": "2026, 2026-Q4, 2026-11, 2026-W47 or 2026-11-22."}
    return fields.String(required=True, validate=validate.Length(max=10), metadata=described)
