from __future__ import annotations

from typing import Any

import pytest
from linli.base.errors import UsageFailure
from linli.imports.history import open_requests
from linli.imports.mapping import load_request_mapping
from linli.imports.mapping_schema import Status

CHANNELS = ("hotline", "app", "import")


def test_a_right_mapping_is_read_whole(mapping_file: Any) -> None:
    mapping = load_request_mapping(mapping_file(), KNOWN_ITEMS, CHANNELS)
    assert mapping.source == "la311"
    assert mapping.time_zone.key == "America/Los_Angeles"
    assert mapping.statuses["Referred Out"] == Status("cancelled", "referred_out")
    assert mapping.statuses["Pending"] == Status("open")
    assert mapping.fallbacks == {"ended_at": "updateddate"}


def test_cancelled_without_a_reason_is_kept_as_recorded(mapping_file: Any) -> None:
    mapping = load_request_mapping(
        mapping_file(statuses={"Cancelled": "cancelled"}), KNOWN_ITEMS, CHANNELS
    )
    assert mapping.statuses["Cancelled"] == Status("cancelled", "recorded")


KNOWN_ITEMS = ("environment.bulky_waste", "other.other")
COLUMNS = {"external_ref": "a", "category": "b", "status": "c", "registered_at": "d"}


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"colums": {}}, "colums"),
        ({"source": None}, "source"),
        ({"source": "L A"}, "source"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"time_zone": "../etc"}, "time_zone"),
        ({"time_format": "yyyy-mm-dd"}, "time_format"),
        ({"columns": None}, "columns"),
        ({"columns": ["a"]}, "columns"),
        ({"columns": {**COLUMNS, "category": 7}}, "columns.category"),
        ({"columns": {**COLUMNS, "colour": "e"}}, "columns.colour"),
        ({"columns": {**COLUMNS, "longitude": "e"}}, "columns"),
        (
            {"columns": {name: column for name, column in COLUMNS.items() if name != "status"}},
            "columns.status",
        ),
        ({"fallbacks": {"closed": "e"}}, "fallbacks.closed"),
        ({"categories": {"Bulky Items": "environment.bulky"}}, "categories.Bulky Items"),
        ({"channels": {"Call": "telephone"}}, "channels.Call"),
        ({"statuses": {"Closed": "finished"}}, "statuses.Closed.outcome"),
        ({"statuses": {"Closed": ["closed"]}}, "statuses.Closed"),
        (
            {"statuses": {"Closed": {"outcome": "cancelled", "reason": "bored"}}},
            "statuses.Closed.reason",
        ),
        ({"statuses": {True: "closed"}}, "statuses.True"),
    ],
)
def test_a_wrong_mapping_names_the_key(
    mapping_file: Any, changes: dict[str, Any], key: str
) -> None:
    path = mapping_file(**changes)
    with pytest.raises(UsageFailure) as failure:
        load_request_mapping(path, KNOWN_ITEMS, CHANNELS)
    assert failure.value.message.startswith(f"{path}: {key}: ")
    assert failure.value.code == 2


def test_broken_yaml_is_reported_with_its_line(mapping_file: Any) -> None:
    path = mapping_file()
    path.write_text("source: la311\ncolumns: {a: b\n", encoding="utf-8")
    with pytest.raises(UsageFailure, match="line 3: not YAML"):
        load_request_mapping(path, KNOWN_ITEMS, CHANNELS)


def test_a_column_that_is_not_in_the_file_is_named_with_the_key_and_the_columns_there_are(
    mapping_file: Any, requests_file: Any
) -> None:
    path = mapping_file(columns={**COLUMNS, "external_ref": "srnumber", "category": "type"})
    with pytest.raises(UsageFailure) as failure:
        open_requests(requests_file(), path, "utf-8", 1)
    assert "columns.category: the file has no column 'type'" in failure.value.message
    assert "requesttype" in failure.value.hint


def test_a_fallback_column_that_is_not_in_the_file_is_named(
    mapping_file: Any, requests_file: Any
) -> None:
    path = mapping_file(fallbacks={"ended_at": "endeddate"})
    with pytest.raises(
        UsageFailure, match=r"fallbacks\.ended_at: the file has no column 'endeddate'"
    ):
        open_requests(requests_file(), path, "utf-8", 1)


def test_a_missing_mapping_file_is_reported_in_words(tmp_path: Any) -> None:
    with pytest.raises(UsageFailure, match=r"nowhere\.yaml cannot be read: No such file"):
        load_request_mapping(tmp_path / "nowhere.yaml", KNOWN_ITEMS, CHANNELS)
