"""Cursors, pages and imports."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from unittest.mock import create_autospec
from uuid import uuid4

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from linli_chassis.http import (
    Batch,
    BodySchema,
    ImportBody,
    ImportResponse,
    PageQuery,
    PageRequest,
    Problem,
    Refusal,
    fetch_page,
    page,
)
from linli_chassis.http.paging import decode_cursor, encode_cursor
from linli_chassis.i18n import Text, current_locale
from linli_kernel.errors import Invalid
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
        answer = page(fetched, PageRequest(limit=limit), lambda row: [row])
        seen += answer.items
        if answer.next is None:
            break
        [after] = PageQuery().load({"cursor": answer.next}).after
    assert seen == rows


@pytest.mark.parametrize(
    "query",
    [{"limit": "0"}, {"limit": "501"}, {"limit": "x"}, {"cursor": "%%%"}, {"cursor": "x" * 1001}],
)
def test_limits_and_cursors_out_of_bounds_are_refused(query: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        PageQuery().load(query)


def test_a_list_begins_at_its_first_page() -> None:
    assert PageQuery().load({}) == PageRequest(limit=50, after=None)


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
    assert body.items == [{"name": "a"}, {"name": "e", "count": 5}]
    result = body.result(changed=1)
    assert (result.accepted, result.unchanged) == (1, 1)
    assert [(item.index, item.pointer) for item in result.refused] == [
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
    assert body["items"].items == [{"name": "a"}]


@dataclass(frozen=True)
class Command:
    name: str
    inner: Command | None = None


class CommandBody(BodySchema):
    makes = Command

    name = fields.String(required=True)
    inner = fields.Nested(lambda: CommandBody())


def test_a_schema_makes_its_dataclass_nested_ones_and_imported_ones_too() -> None:
    sent = {"name": "a", "inner": {"name": "b"}}
    assert CommandBody().load(sent) == Command("a", Command("b"))
    assert ImportBody(CommandBody)().load({"items": [sent]}).items == [Command("a", Command("b"))]


def test_a_nested_list_makes_dataclasses() -> None:
    class Several(BodySchema):
        commands = fields.List(fields.Nested(CommandBody))

    sent = {"commands": [{"name": "a"}, {"name": "b"}]}
    assert Several().load(sent) == {"commands": [Command("a"), Command("b")]}


class TooLong(Invalid):
    message = "Longer than maximum length {max}."


def too_long(text: str) -> str:
    if len(text) > 3:
        raise TooLong(pointer="/name", max=3)
    return text.upper()


def test_a_batch_goes_on_without_the_items_that_a_rule_refuses() -> None:
    batch = Batch(list(enumerate(["a", "long", "c"]))).map(too_long)
    assert batch.items == ["A", "C"]
    [refusal] = batch.result(changed=2).refused
    assert (refusal.index, refusal.pointer) == (1, "/items/1/name")
    assert refusal.detail == "Longer than maximum length 3."


def test_a_batch_that_is_checked_keeps_its_items_as_they_are() -> None:
    assert Batch([(0, "a"), (1, "long")]).check(too_long).items == ["a"]


def test_a_batch_of_one_raises_what_a_rule_raises() -> None:
    assert Batch.of_one("a").map(too_long).items == ["A"]
    with pytest.raises(TooLong):
        Batch.of_one("long").map(too_long)


def test_a_key_counts_once_and_is_refused_with_other_values() -> None:
    batch = Batch(list(enumerate([("a", 1), ("b", 1), ("a", 1), ("a", 2)])))
    unique = batch.unique(lambda item: item[0])
    assert unique.items == [("a", 1), ("b", 1)]
    result = unique.result(changed=2)
    assert (result.accepted, result.unchanged) == (2, 1)
    assert [refusal.index for refusal in result.refused] == [3]
    assert result.refused[0].detail == "a is in this import already, with other values."


def test_refused_items_are_reported_in_order_and_in_the_clients_language() -> None:
    refused = [
        Refusal(1, "/items/1/b", "Not a valid string."),
        Refusal(3, "/items/3/a", Text("Unknown field.")),
    ]
    token = current_locale.set("zh")
    try:
        dumped = ImportResponse().dump(Batch([], refused[::-1]).result(0))
    finally:
        current_locale.reset(token)
    assert [item["detail"] for item in dumped["refused"]] == ["不是有效的字符串。", "未知的字段。"]


@pytest.mark.parametrize("after", [["x", "y"], ["2026-11-22T09:00:00+00:00"], [None, None]])
def test_a_cursor_of_another_list_is_refused(after: list[Any]) -> None:
    table = sa.Table(
        "things",
        sa.MetaData(),
        sa.Column("at", sa.DateTime(timezone=True)),
        sa.Column("thing_id", sa.Uuid),
    )
    connection, request = create_autospec(sa.Connection), PageRequest(after=after)
    with pytest.raises(Problem) as raised:
        fetch_page(connection, sa.select(table), dict, request, table.c.at, table.c.thing_id)
    assert raised.value.errors == [{"parameter": "cursor", "detail": "Not a cursor of ours."}]
    assert not connection.mock_calls
