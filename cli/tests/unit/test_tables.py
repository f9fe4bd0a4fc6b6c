"""Tables can be read on a terminal of 80 columns, and ids can be copied from them."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from linli.base.tables import Column, count_column, id_column, print_table
from linli.operations import dead_letters_view, webhooks_view
from rich.cells import cell_len
from rich.console import Console

ID = UUID("0192f0c1-0000-7000-8000-000000000000")
AT = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
TYPE = "linli.service_desk.case_dispatched.v1"
COLUMNS = (id_column("Event id"), "Type", count_column("Attempts"), "Error")
ROW = (str(ID), TYPE, "11", "ValueError: [x] is no such thing as was expected here")


def printed_lines(width: int, draw: Any) -> list[str]:
    paper = Console(record=True, width=width, file=io.StringIO(), legacy_windows=False)
    draw(paper)
    return paper.export_text().splitlines()


@pytest.mark.parametrize("width", [40, 60, 80, 100, 120, 200])
def test_an_id_is_never_broken_and_no_line_is_too_long(width: int) -> None:
    lines = printed_lines(
        width, lambda paper: print_table(paper, COLUMNS, [ROW, ROW], title="Events")
    )
    assert sum(str(ID) in line for line in lines) == (2 if width >= 60 else 0)
    assert max(map(cell_len, lines)) <= width


def test_what_does_not_fit_is_drawn_as_a_block_for_each_row() -> None:
    lines = printed_lines(60, lambda paper: print_table(paper, COLUMNS, [ROW], title="Events"))
    assert lines[0].strip() == "Events"
    assert f"Event id  {ID}" in lines[2]
    assert TYPE in lines[3]


def test_a_column_of_counts_has_room_for_its_title() -> None:
    columns = (Column("Service", whole=True), count_column("Outbox pending"))
    text = "\n".join(printed_lines(40, lambda paper: print_table(paper, columns, [("grid", "3")])))
    assert "Outbox pending" in text


def test_text_is_shown_as_it_is_and_never_read_as_markup() -> None:
    lines = printed_lines(120, lambda paper: print_table(paper, ("Error",), [("[red]x[/]",)]))
    assert any("[red]x[/]" in line for line in lines)


EVENT = SimpleNamespace(
    service="service_desk",
    event_id=ID,
    type=TYPE,
    state="due",
    received_at=AT,
    attempts=3,
    next_attempt_at=AT,
    error="ValueError: no such unit",
)
DECISION = SimpleNamespace(
    service="service_desk",
    event_id=ID,
    type=TYPE,
    state="handled",
    at=AT,
    action="discard",
    by="operator",
    reason="it was a test",
)
ENDPOINT = SimpleNamespace(
    endpoint_id=ID,
    url="https://city.example/linli/webhooks",
    types=["linli.service_desk.*", "linli.evaluation.scorecard_published.v1"],
    pending=3,
    failed=1,
    delivered=20_000,
    disabled_at=AT,
    disabled_reason="410 Gone",
)
DELIVERY = SimpleNamespace(
    event_id=ID,
    type=TYPE,
    state="pending",
    attempts=2,
    next_attempt_at=AT,
    last_error=None,
    last_status=500,
)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    "draw",
    [
        lambda paper: dead_letters_view.render_dead(paper, [EVENT]),
        lambda paper: dead_letters_view.render_failing(paper, [EVENT]),
        lambda paper: dead_letters_view.render_decisions(paper, [DECISION]),
        lambda paper: webhooks_view.render_endpoints(paper, [ENDPOINT], 0),
        lambda paper: webhooks_view.render_deliveries(paper, [DELIVERY]),
    ],
    ids=["dead", "failing", "decisions", "endpoints", "deliveries"],
)
def test_every_table_with_ids_fits_a_terminal_of_80_columns(
    draw: Any, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINLI_LANGUAGE", language)
    lines = printed_lines(80, draw)
    assert any(str(ID) in line for line in lines)
    assert max(map(cell_len, lines)) <= 80
