"""Bases of the schemas at the HTTP edge: bodies and queries refuse unknown fields."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from linli_contracts import validation_messages  # noqa: F401 - refusals become translatable
from marshmallow import RAISE, Schema, ValidationError, fields, post_load
from marshmallow.validate import Length, Range

from linli_chassis.http.body import MAX_INTEGER
from linli_chassis.i18n import Text, current_locale, translate

DEFAULT_LIMIT = 50
MAX_LIMIT = 500
_MAX_CURSOR = 1000

Item = TypeVar("Item")


class BodySchema(Schema):
    """What a client may send. With `makes` it loads into that dataclass, else into a dict.

    Unknown fields are refused. NUL characters are refused before, when the body is parsed.
    """

    makes: ClassVar[type[Any] | None] = None

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


@dataclass(frozen=True, kw_only=True)
class PageRequest:
    """Which page of a list is asked for; the base of what a list's query makes.

    `after` is the position of the last item of the page before, or None for the first page.
    """

    limit: int = DEFAULT_LIMIT
    after: Sequence[Any] | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """One page of a list; `next` is the cursor of the one after it, if there is one."""

    items: Sequence[Item]
    next: str | None


class PageQuery(QuerySchema):
    """The query of a list: `limit` and `cursor`; makes a `PageRequest` or what `makes` names."""

    makes: ClassVar[type[Any] | None] = PageRequest

    limit = fields.Integer(
        load_default=DEFAULT_LIMIT,
        validate=Range(min=1, max=MAX_LIMIT),
        metadata={"description": "How many items at most."},
    )
    cursor = fields.String(
        load_default=None,
        validate=Length(max=_MAX_CURSOR),
        metadata={"description": "`next` of the page before."},
    )

    @post_load
    def decode(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Replace the cursor by its position, as `after`."""
        cursor = data.pop("cursor", None)
        return {**data, "after": decode_cursor(cursor) if cursor else None}


def page(
    rows: Sequence[Item], request: PageRequest, position: Callable[[Item], Sequence[Any]]
) -> Page[Item]:
    """One page of `rows`, of which `request.limit + 1` were fetched.

    Args:
        position: The place of a row in the order of the list; it comes back in `request.after` as
            JSON values (an id or a time as its text).
    """
    items = rows[: request.limit]
    more = len(rows) > request.limit
    return Page(items, encode_cursor(position(items[-1])) if more else None)


def encode_cursor(position: Sequence[Any]) -> str:
    """A position as a cursor, opaque to clients."""
    text = json.dumps(list(position), ensure_ascii=False, default=_json_text, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> list[Any]:
    """The position of a cursor. Raises `ValidationError`."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        position = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True).decode())
    except (binascii.Error, ValueError, RecursionError):
        position = None
    if not isinstance(position, list) or not position or not all(map(_storable, position)):
        raise ValidationError(Text("Not a cursor of ours."), "cursor")
    return position


def page_of(item: type[Schema]) -> type[ResponseSchema]:
    """The response schema of a page of `item`."""
    return named_schema(
        f"{item.__name__}Page",
        ResponseSchema,
        {
            "items": fields.List(fields.Nested(item), required=True),
            "next": fields.String(
                required=True,
                allow_none=True,
                metadata={"description": "The cursor of the next page, if there is one."},
            ),
        },
    )


def named_schema(name: str, base: type[Any], attributes: dict[str, Any]) -> type[Any]:
    """A schema class made at run time, for a generic one such as a page."""
    # It is not looked up by name, so two of the same name are no error.
    meta = type("Meta", (base.Meta,), {"register": False})
    return type(name, (base,), {**attributes, "Meta": meta, "__module__": __name__})


def _json_text(value: Any) -> str:
    return str(value.isoformat()) if hasattr(value, "isoformat") else str(value)


def _storable(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" not in value and value.isprintable()
    return value is None or (isinstance(value, int | float) and abs(value) <= MAX_INTEGER)
