"""Bases of the schemas at the HTTP edge: bodies and queries refuse unknown fields."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar, TypeVar

from linli_contracts import validation_messages  # noqa: F401 - refusals become translatable
from linli_contracts.fields import Moment
from linli_kernel.years import YEARS, has_year
from marshmallow import RAISE, Schema, ValidationError, fields
from marshmallow.validate import Length, OneOf

from linli_chassis.i18n import Text, current_locale, translate

MAX_TEXT = 200
MAX_ITEMS = 1000


class BodySchema(Schema):
    """What a client may send. With `makes` it loads into that dataclass, else into a dict.

    Unknown fields are refused. NUL characters are refused before, when the body is parsed. Texts
    and lists that say nothing of their length are bounded by `MAX_TEXT` and `MAX_ITEMS`.
    """

    makes: ClassVar[type[Any] | None] = None
    takes_many: ClassVar[bool] = False
    """Whether it is an import, whose statements may take longer than those of other requests."""

    class Meta:
        unknown = RAISE

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:  # noqa: ARG002
        """Bound what has no bound of its own."""
        field: Any = field_obj
        while isinstance(field, fields.List):
            _bound(field, MAX_ITEMS)
            field = field.inner
        if isinstance(field, fields.String):
            _bound(field, MAX_TEXT)

    def load(self, data: Any, **options: Any) -> Any:
        """The loaded values, made into what the schema makes. Raises `ValidationError`."""
        loaded = super().load(data, **options)
        if self.makes is None:
            return loaded
        if isinstance(loaded, list):  # many=True
            return [self.makes(**values) for values in loaded]
        return self.makes(**loaded)


class QuerySchema(BodySchema):
    """What may stand in the query. A `List` field takes the parameter as often as it is given."""


class FileBody(BodySchema):
    """A file instead of JSON: the body is its content, and the method gets these bytes.

    Its bound is `max_file_bytes` of the settings; see `storage.files`.
    """


class FileResponse(Schema):
    """A file instead of JSON: the method gives a `storage.files.FileContent`."""


class ResponseSchema(Schema):
    """What a response holds. A required field that the method did not give is our error (500)."""


class TranslatedText(fields.String):
    """A `Text` (or template) that is dumped in the client's language."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:  # noqa: ARG002
        return None if value is None else translate(value, current_locale.get())


class InputMoment(Moment):
    """An aware time that a client sends, in the years that the platform takes times of; UTC."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        moment = super()._deserialize(value, attr, data, **kwargs)
        return check_year(moment)


Day = TypeVar("Day", bound=date)


def check_year(day: Day) -> Day:
    """The day, or time, as it is. Raises `ValidationError` where its year is out of bounds."""
    if not has_year(day):
        raise ValidationError(
            Text("Not a year from {first} to {last}.", first=YEARS[0], last=YEARS[-1])
        )
    return day


def named_schema(name: str, base: type[Any], attributes: dict[str, Any]) -> type[Any]:
    """A schema class made at run time, for a generic one such as a page."""
    # It is not looked up by name, so two of the same name are no error.
    meta = type("Meta", (base.Meta,), {"register": False})
    return type(name, (base,), {**attributes, "Meta": meta, "__module__": __name__})


def _bound(field: fields.Field[Any], most: int) -> None:
    bounded = any(
        isinstance(rule, OneOf) or (isinstance(rule, Length) and (rule.max or rule.equal))
        for rule in field.validators
    )
    if not bounded and "maxItems" not in field.metadata:
        # Fields are copied for each schema, their list of validators is not.
        field.validators = [*field.validators, Length(max=most)]
