"""A resident's words and contact never leave the grid service and are in no log."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from linli_devkit.rabbitmq import RabbitServer
from linli_devkit.running_platform import RunningPlatform


def spellings(text: str) -> list[bytes]:
    """A text as its bytes may stand in a file: UTF-8, and escaped as JSON does."""
    return list({text.encode(), json.dumps(text)[1:-1].encode()})


@pytest.fixture(scope="module")
def personal(story: Any) -> list[bytes]:
    """The telephone number, the name and a word of the description."""
    contact, words = story.sent["contact"], story.sent["description"]
    return [
        spelling
        for text in (contact["phone"], contact["name"], words[10:16])
        for spelling in spellings(text)
    ]


def contents(folder: Path) -> Iterator[tuple[Path, bytes]]:
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            yield path, path.read_bytes()


def rows_of(platform: RunningPlatform, tables: set[str] | None = None) -> Iterator[tuple[str, str]]:
    """Every row of these tables of every service, or of all, as PostgreSQL writes it out."""
    for schema, names in platform.schemas.items():
        for name in names:
            if tables is None or name in tables:
                for (row,) in platform.rows(f"SELECT t::text FROM {schema}.{name} t"):  # noqa: S608
                    yield f"{schema}.{name}", row


def test_what_the_story_says_of_a_resident_can_be_found_where_it_may_be(
    dongcheng: RunningPlatform, story: Any, personal: list[bytes]
) -> None:
    why = {"reason": "audit", "words": "test"}
    read = dongcheng.ask("POST", "grid", f"/requests/{story.asked.request_id}/contact", why)
    assert sum(spelling in read.content for spelling in personal) >= 3


def test_no_table_of_any_service_holds_it_in_the_clear(
    dongcheng: RunningPlatform, story: Any, personal: list[bytes]
) -> None:
    seen = set()
    for table, row in rows_of(dongcheng):
        assert not [spelling for spelling in personal if spelling in row.encode()], table
        if story.asked.request_id in row:
            seen.add(table)
        assert story.asked.tracking_code not in row, (
            table
        )  # it opens what the resident may see; its digest is kept
    # The search does find what is there.
    assert {"grid.outbox", "grid.request", "service_desk.outbox", "evaluation.fact_event"} <= seen


def test_kept_events_that_failed_hold_their_bytes_and_these_are_searched_too(
    dongcheng: RunningPlatform,
) -> None:
    assert {"inbox", "outbox"} <= set(dongcheng.schemas["evaluation"])
    stored_bodies = "SELECT count(*) FROM {0}.inbox WHERE body IS NOT NULL"
    assert [dongcheng.count(stored_bodies.format(service)) for service in dongcheng.schemas] == [
        0,
        0,
        0,
        0,
    ]


def test_no_log_of_any_process_holds_it(
    dongcheng: RunningPlatform, story: Any, personal: list[bytes]
) -> None:
    logs = dict(contents(dongcheng.home / "log"))
    assert len(logs) == 8
    assert any(b'"level": "debug"' in log or b"answered" in log for log in logs.values())
    for path, content in contents(dongcheng.home):
        assert not [spelling for spelling in personal if spelling in content], path


def test_the_broker_never_had_it(rabbit: RabbitServer, story: Any, personal: list[bytes]) -> None:
    request_id, seen = story.asked.request_id.encode(), 0
    for path, content in contents(rabbit.folder):
        assert not [spelling for spelling in personal if spelling in content], path
        seen += request_id in content
    assert seen  # its events are in the queues' logs and in the stream, so the search is one
