"""How the story of one request is printed."""

from __future__ import annotations

import io

from linli_contracts.events.service_desk.matching import CaseDispatched
from linli_contracts.registry import event_types
from linli_demo.story import STEPS, StoryPrinter
from linli_devkit.contracts.examples import example_event
from rich.console import Console


def test_a_story_is_printed_with_names() -> None:
    paper = Console(record=True, width=120, file=io.StringIO(), legacy_windows=False)
    event = example_event(CaseDispatched)
    printer = StoryPrinter(paper, {str(event.data["unit_id"]): "杏林坊"})
    printer.head()
    printer.print_event(event)
    assert "杏林坊" in paper.export_text()
    assert printer.steps[0].fact == "case_dispatched"


def test_every_step_of_the_story_is_an_event_of_the_registry() -> None:
    assert set(STEPS) <= {entry.event_name for entry in event_types()}
