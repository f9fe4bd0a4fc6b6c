"""Bases of the schemas at the HTTP edge: bodies and queries refuse what they do not know, answers are dumped."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, post_load
from marshmallow.validate import Length, Range

from linli_chassis.http.body import MAX_INTEGER
from linli_chassis.http.problems import flatten
from linli_chassis.i18n import Text, current_locale, translate

DEFAULT_LIMIT = 50
MAX_LIMIT = 500
MAX_IMPORT_ITEMS = 1000
_MAX_CURSOR = 1000


class BodySchema(Schema):
    """What a client may send. Unknown fields are refused; NUL characters are before the schema sees the body."""

    class Meta:
        unknown = RAISE


class QuerySchema(BodySchema):
    """What may stand in the query. A `List` field takes the parameter as often as it is given."""


class AnswerSchema(Schema):
    """What an answer holds. A field with `required=True` that the method did not give is an error of ours (500)."""


class TranslatedText(fields.String):
    """A `Text` (or template) that the answer tells in the client's language."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:  # noqa: ARG002
        return None if value is None else translate(value, current_locale.get())


class PageQuery(QuerySchema):
    """The query of a list: `limit` and `cursor`. Loads into `limit` and `after`, the position or None."""

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
        """Put the position that the cursor tells into `after`."""
        cursor = data.pop("cursor", None)
        return {**data, "after": decode_cursor(cursor) if cursor else None}


def page(rows: Sequence[Any], limit: int, key: Callable[[Any], Sequence[Any]]) -> dict[str, Any]:
    """One page of `rows`, of which `limit + 1` were fetched.

    Args:
        key: The position of a row in the order of the list; it comes back in `call.query["after"]` as JSON values
            (an id or a time as its text).
    """
    items = list(rows[:limit])
    return {"items": items, "next": encode_cursor(key(items[-1])) if len(rows) > limit else None}


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


def page_of(item: type[Schema]) -> type[AnswerSchema]:
    """The answer schema of a page of `item`."""
    return _named(
        f"{item.__name__}Page",
        AnswerSchema,
        {
            "items": fields.List(fields.Nested(item), required=True),
            "next": fields.String(
                required=True,
                allow_none=True,
                metadata={"description": "The cursor of the next page, if there is one."},
            ),
        },
    )


class RefusedItem(AnswerSchema):
    """An item of an import that was not taken, and why."""

    index = fields.Integer(required=True, metadata={"description": "Its place among the items, from 0."})
    pointer = fields.String(required=True)
    detail = TranslatedText(required=True)


class ImportAnswer(AnswerSchema):
    """What became of an import."""  # services add fields of their own in a subclass

    accepted = fields.Integer(required=True, metadata={"description": "Items that changed something."})
    unchanged = fields.Integer(required=True, metadata={"description": "Items that were there already."})
    refused = fields.List(fields.Nested(RefusedItem), required=True)


def import_answer(accepted: int, unchanged: int, refused: Sequence[Mapping[str, Any]], **more: Any) -> dict[str, Any]:
    """The answer of an import, its refused items in the order they were sent."""
    return {
        "accepted": accepted,
        "unchanged": unchanged,
        "refused": sorted(refused, key=lambda item: item["index"]),
        **more,
    }


def refused_item(index: int, detail: str, field: str = "") -> dict[str, Any]:
    """One refused item. `field` is the pointer within the item, e.g. "/name"; `detail` a `Text`."""
    return {"index": index, "pointer": f"/items/{index}{field}", "detail": detail}


class ImportItems(fields.List[Any]):
    """Items that are each judged alone: loads into `(taken, refused)`."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:  # noqa: ARG002
        if not isinstance(value, list):
            raise self.make_error("invalid")
        if not 1 <= len(value) <= MAX_IMPORT_ITEMS:
            raise ValidationError(Text("Length must be between {min} and {max}.", min=1, max=MAX_IMPORT_ITEMS))
        taken: list[tuple[int, Any]] = []
        refused: list[dict[str, Any]] = []
        for index, item in enumerate(value):
            try:
                taken.append((index, self.inner.deserialize(item)))
            except ValidationError as error:
                field, detail = next(flatten(error.messages))
                refused.append(refused_item(index, detail, field))
        return taken, refused


class _ImportBase(BodySchema):
    @post_load
    def split(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        taken, refused = data["items"]
        return {**data, "items": taken, "refused": refused}


def ImportBody(item: type[Schema], **more: fields.Field[Any]) -> type[BodySchema]:  # noqa: N802
    """The body of a bulk import: `{"items": [...]}`, at most 1000.

    Loads into `items`, a list of `(index, loaded item)`, and `refused`, ready for `import_answer`: an item that breaks
    its schema is listed with its first error and does not stop the others. `more` are fields beside `items`.
    """
    return _named(
        f"{item.__name__}Import", _ImportBase, {"items": ImportItems(fields.Nested(item), required=True), **more}
    )


def _named(name: str, base: type[Any], attributes: dict[str, Any]) -> type[Any]:
    # Schemas made on the way are not looked up by name, and two of the same name are no error.
    meta = type("Meta", (base.Meta,), {"register": False})
    return type(name, (base,), {**attributes, "Meta": meta, "__module__": __name__})


def _json_text(value: Any) -> str:
    return str(value.isoformat()) if hasattr(value, "isoformat") else str(value)


def _storable(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" not in value and value.isprintable()
    return value is None or (isinstance(value, int | float) and abs(value) <= MAX_INTEGER)
