"""The records of decisions: all of one form, all in the index."""

from __future__ import annotations

import re

import pytest

from .pages import ROOT, page

RECORDS = sorted(
    path.relative_to(ROOT).as_posix() for path in (ROOT / "docs" / "adr").glob("[0-9]*.md")
)


@pytest.mark.parametrize("path", RECORDS)
def test_a_record_has_its_parts(path: str) -> None:
    shown = page(path)
    assert [words for level, words in shown.headings if level == 2] == [
        "Context",
        "Decision",
        "Consequences",
    ]
    assert re.search(
        r"^Status: (accepted|superseded by .+)\nDate: \d{4}-\d\d-\d\d$", shown.text, re.MULTILINE
    )


def test_records_are_numbered_without_a_gap() -> None:
    numbers = [int(path.split("/")[-1][:4]) for path in RECORDS]
    assert numbers == list(range(1, len(numbers) + 1))


def test_the_index_lists_every_record_by_its_title() -> None:
    index = page("docs/adr/README.md").text
    for path in RECORDS:
        name = path.split("/")[-1]
        [(_, title)] = [heading for heading in page(path).headings if heading[0] == 1]
        assert title.startswith(f"{int(name[:4])}. ")
        assert f"| [{name[:4]}]({name}) | {title.partition('. ')[2]} |" in index
