"""Lists by page: what is asked for, what is answered, and the query between them."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Generic, TypeVar

import sqlalchemy as sa
from marshmallow import Schema, ValidationError, fields, post_load
from marshmallow.validate import Length, Range

from linli_chassis.http.body import MAX_INTEGER
from linli_chassis.http.problems import field_problem
from linli_chassis.http.schemas import QuerySchema, ResponseSchema, named_schema
from linli_chassis.i18n import Text
from linli_chassis.storage.records import fetch_all

DEFAULT_LIMIT = 50
MAX_LIMIT = 500
_MAX_CURSOR = 1000
_NOT_OURS = Text("Not a cursor of ours.")

Item = TypeVar("Item")


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


def fetch_page(
    connection: sa.Connection,
    query: sa.Select[Any],
    record: type[Item],
    request: PageRequest,
    *order: sa.Column[Any],
    newest_first: bool = False,
) -> Page[Item]:
    """One page of the rows of a query.

    Args:
        record: what each row becomes; it has a field for each column of `order`.
        order: what the list is ordered by, unique together: texts, ids or times.
    Raises:
        Problem: the cursor is one of another list.
    """
    if request.after is not None:
        here, after = sa.tuple_(*order), sa.tuple_(*_values(order, request.after))
        query = query.where(here < after if newest_first else here > after)
    query = query.order_by(*(column.desc() if newest_first else column for column in order))
    # One more than asked for shows whether there is a next page.
    rows = fetch_all(connection, query.limit(request.limit + 1), record)
    return page(rows, request, lambda row: [getattr(row, column.name) for column in order])


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
        raise ValidationError(_NOT_OURS, "cursor")
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


def _values(order: Sequence[sa.Column[Any]], after: Sequence[Any]) -> Iterator[Any]:
    """The position of a cursor, as values of the columns of a list."""
    try:
        for column, value in zip(order, after, strict=True):
            kind = column.type.python_type
            value_of = datetime.fromisoformat if kind is datetime else kind
            yield sa.literal(value_of(str(value)), column.type)
    except ValueError:
        raise field_problem({"cursor": [_NOT_OURS]}, source="parameter") from None


def _json_text(value: Any) -> str:
    return str(value.isoformat()) if hasattr(value, "isoformat") else str(value)


def _storable(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" not in value and value.isprintable()
    return value is None or (isinstance(value, int | float) and abs(value) <= MAX_INTEGER)
