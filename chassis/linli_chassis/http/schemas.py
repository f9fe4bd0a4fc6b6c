"""Bases of the schemas at the HTTP edge: bodies and queries refuse unknown fields."""

from __future__ import annotations

from typing import Any, ClassVar

from linli_contracts import validation_messages  # noqa: F401 - refusals become translatable
from marshmallow import RAISE, Schema, fields

from linli_chassis.i18n import current_locale, translate


class BodySchema(Schema):
    """What a client may send. With `makes` it loads into that dataclass, else into a dict.

    Unknown fields are refused. NUL characters are refused before, when the body is parsed.
    """

    makes: ClassVar[type[Any] | None] = None
    takes_many: ClassVar[bool] = False
    """Whether it is an import, whose statements may take longer than those of other requests."""

    class Meta:
        unknown = RAISE

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


class ResponseSchema(Schema):
    """What a response holds. A required field that the method did not give is our error (500)."""


class TranslatedText(fields.String):
    """A `Text` (or template) that is dumped in the client's language."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:  # noqa: ARG002
        return None if value is None else translate(value, current_locale.get())


def named_schema(name: str, base: type[Any], attributes: dict[str, Any]) -> type[Any]:
    """A schema class made at run time, for a generic one such as a page."""
    # It is not looked up by name, so two of the same name are no error.
    meta = type("Meta", (base.Meta,), {"register": False})
    return type(name, (base,), {**attributes, "Meta": meta, "__module__": __name__})
