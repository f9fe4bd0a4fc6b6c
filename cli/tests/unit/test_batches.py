from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st
from linli.imports.batches import LARGEST_ITEM_BYTES, batches
from linli.imports.rows import Refusal, Row

NAMES = st.text(max_size=60)


@given(st.lists(NAMES, max_size=60), st.integers(1, 7), st.integers(50, 400))
def test_every_row_goes_once_in_order_and_no_batch_is_too_large(
    names: list[str], items: int, size: int
) -> None:
    rows = [Row(line, {"name": name}) for line, name in enumerate(names, 2)]
    refused: list[Refusal] = []
    cut = list(batches(iter(rows), refused.append, items, size))
    assert [row for batch in cut for row in batch] == rows
    assert not refused
    for batch in cut:
        assert 1 <= len(batch) <= items
        body = json.dumps({"items": [row.item for row in batch]})
        assert len(batch) == 1 or len(body.encode()) <= size + len('{"items": []}')


def test_refusals_met_on_the_way_are_handed_on() -> None:
    refused: list[Refusal] = []
    stream = iter([Row(2, {}), Refusal(3, "a", "b"), Row(4, {})])
    assert [[row.line for row in batch] for batch in batches(stream, refused.append)] == [[2, 4]]
    assert refused == [Refusal(3, "a", "b")]


def test_a_row_too_large_for_any_body_is_refused() -> None:
    refused: list[Refusal] = []
    huge = Row(2, {"geometry": "x" * LARGEST_ITEM_BYTES})
    assert list(batches(iter([huge, Row(3, {})]), refused.append)) == [[Row(3, {})]]
    assert refused[0].line == 2
