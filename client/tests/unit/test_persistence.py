"""What a subscriber keeps on disk."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from linli_client import (
    PositionFile,
    Quarantined,
    QuarantineFile,
    Subscriber,
    read_quarantine,
)
from linli_contracts.envelope import Message

AT = datetime(2026, 11, 20, 6, 45, tzinfo=UTC)


def quarantined(body: bytes) -> Quarantined:
    return Quarantined(
        Message({"ce-id": "1"}, body), "110101.grid.grid_drawn.v1", "unreadable: 邻里", 0, AT
    )


def test_a_position_is_kept_and_moves_on(tmp_path: Path) -> None:
    position = PositionFile(tmp_path / "new folder" / "position.json")
    assert position.load() is None
    position.save("linli.log", 7)
    position.save("linli.log", 2**40)
    assert position.load() == ("linli.log", 2**40)
    assert [path.name for path in position.path.parent.iterdir()] == ["position.json"]


@pytest.mark.parametrize(
    "content", ["", "7", '{"log": "linli.log"}', '{"log": "linli.log", "offset": "last"}']
)
def test_a_position_that_cannot_be_read_is_not_taken_for_the_beginning(
    tmp_path: Path, content: str
) -> None:
    path = tmp_path / "position.json"
    path.write_text(content)
    with pytest.raises(ValueError, match="delete it"):
        PositionFile(path).load()


@pytest.mark.parametrize("body", [b'{"a": "\xe9\x82\xbb"}', b"\xff\xfe\x00", b"two\nlines", b""])
def test_what_is_set_aside_can_be_read_again_byte_by_byte(tmp_path: Path, body: bytes) -> None:
    quarantine = QuarantineFile(tmp_path / "folder" / "q.jsonl")
    quarantine(quarantined(body))
    quarantine(quarantined(b"next"))
    assert list(read_quarantine(quarantine.path)) == [quarantined(body), quarantined(b"next")]


def test_a_line_torn_off_by_a_power_cut_spoils_no_other(tmp_path: Path) -> None:
    quarantine = QuarantineFile(tmp_path / "q.jsonl")
    quarantine(quarantined(b"first"))
    with quarantine.path.open("ab") as file:
        file.write(b'{"quarantined_at": "2026-')
    quarantine(quarantined(b"second"))
    assert [one.message.body for one in read_quarantine(quarantine.path)] == [b"first", b"second"]


@pytest.mark.parametrize(
    ("since", "wrong"),
    [(datetime(2026, 11, 20), "no offset"), ("last week", "neither"), (-1, "begin at 0")],  # noqa: DTZ001
)
def test_a_beginning_that_no_log_knows_is_refused(since: datetime | str | int, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        Subscriber("amqp://127.0.0.1:1", "110101", "a").subscribe("*", print, since=since)
