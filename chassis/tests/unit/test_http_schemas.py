"""Cursors, pages and imports."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from linli_chassis.http import (
    BodySchema,
    ImportBody,
    ImportResponse,
    PageQuery,
    import_response,
    page,
    refused_item,
)
from linli_chassis.http.schemas import decode_cursor, encode_cursor
from linli_chassis.i18n import Text, current_locale
from marshmallow import ValidationError, fields


class Item(BodySchema):
    name = fields.String(required=True)
    count = fields.Integer()


@given(
    st.lists(
        st.text(st.characters(categories=("L", "N")))
        | st.integers(-(2**63) + 1, 2**63 - 1)
        | st.none(),
        min_size=1,
        max_size=4,
    )
)
def test_a_cursor_gives_its_position_back(position: list[Any]) -> None:
    assert decode_cursor(encode_cursor(position)) == position


@given(st.text())
def test_any_other_text_is_no_cursor(text: str) -> None:
    try:
        assert isinstance(decode_cursor(text), list)
    except ValidationError as error:
        assert error.messages == ["Not a cursor of ours."]  # noqa: PT017


def test_ids_and_times_come_back_as_their_text() -> None:
    identity, at = uuid4(), datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
    assert decode_cursor(encode_cursor([at, identity])) == [at.isoformat(), str(identity)]


@given(st.integers(0, 30), st.integers(1, 10))
def test_pages_together_give_every_row_once(count: int, limit: int) -> None:
    rows, seen, after = list(range(count)), [], -1
    while True:
        fetched = [row for row in rows if row > after][: limit + 1]
        answer = page(fetched, limit, key=lambda row: [row])
        seen += answer["items"]
        if answer["next"] is None:
            break
        [after] = PageQuery().load({"cursor": answer["next"]})["after"]
    assert seen == rows


@pytest.mark.parametrize(
    "query",
    [{"limit": "0"}, {"limit": "501"}, {"limit": "x"}, {"cursor": "%%%"}, {"cursor": "x" * 1001}],
)
def test_limits_and_cursors_out_of_bounds_are_refused(query: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        PageQuery().load(query)


def test_a_list_begins_at_its_first_page() -> None:
    assert PageQuery().load({}) == {"limit": 50, "after": None}


def test_an_import_takes_the_good_items_and_lists_the_bad_ones() -> None:
    body = ImportBody(Item)().load(
        {
            "items": [
                {"name": "a"},
                {"name": 1},
                {"name": "c", "more": 1},
                4,
                {"name": "e", "count": 5},
            ]
        }
    )
    assert body["items"] == [(0, {"name": "a"}), (4, {"name": "e", "count": 5})]
    assert [(item["index"], item["pointer"]) for item in body["refused"]] == [
        (1, "/items/1/name"),
        (2, "/items/2/more"),
        (3, "/items/3"),
    ]


@pytest.mark.parametrize("items", [[], [{"name": "x"}] * 1001, {"name": "x"}, None, "x"])
def test_an_import_needs_one_to_a_thousand_items(items: Any) -> None:
    with pytest.raises(ValidationError):
        ImportBody(Item)().load({"items": items})


def test_an_import_may_have_fields_beside_its_items() -> None:
    body = ImportBody(Item, source=fields.String(required=True))().load(
        {"source": "la311", "items": [{"name": "a"}]}
    )
    assert body["source"] == "la311"


def test_refused_items_are_told_in_order_and_in_the_clients_language() -> None:
    refused = [
        refused_item(3, Text("Unknown field."), "/a"),
        refused_item(1, "Not a valid string.", "/b"),
    ]
    token = current_locale.set("zh")
    try:
        dumped = ImportResponse().dump(import_response(1, 0, refused))
    finally:
        current_locale.reset(token)
    assert [item["detail"] for item in dumped["refused"]] == ["不是有效的字符串。", "未知的字段。"]
