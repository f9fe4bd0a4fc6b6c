from __future__ import annotations

import csv
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from linli_devkit.platforms import InProcessPlatform

MAPPING: dict[str, Any] = {
    "source": "older",
    "time_zone": "America/Los_Angeles",
    "time_format": "%Y-%m-%d %H:%M",
    "columns": {
        "external_ref": "id",
        "category": "type",
        "status": "state",
        "registered_at": "begun",
        "ended_at": "ended",
        "longitude": "x",
        "latitude": "y",
    },
    "categories": {"Bulky": "environment.bulky_waste"},
    "statuses": {
        "Done": "closed",
        "Gone": {"outcome": "cancelled", "reason": "withdrawn"},
        "Open": "open",
    },
}
HEADER = "id,type,state,begun,ended,x,y"


@pytest.fixture
def files(tmp_path: Path) -> Any:
    """Writes a mapping and a CSV of requests; gives both paths."""

    def write(prefix: str, rows: list[str], **changes: Any) -> tuple[str, str]:
        mapping, table = tmp_path / f"{prefix}.yaml", tmp_path / f"{prefix}.csv"
        mapping.write_text(yaml.safe_dump({**MAPPING, "source": prefix, **changes}))
        table.write_text("\n".join((HEADER, *rows, "")))
        return str(table), str(mapping)

    return write


def closed(number: int, x: float = -118.495) -> str:
    begun = f"2020-03-0{1 + number % 5} 08:{number % 60:02}"
    return f"r{number},Bulky,Done,{begun},2020-03-09 12:00,{x},34.005"


def published_so_far(district: InProcessPlatform) -> int:
    """The events that the grid service has published so far."""
    return district.count("SELECT coalesce(max(seq), 0) FROM grid.outbox")


def test_history_arrives_once_however_often_it_is_imported(
    district: InProcessPlatform, files: Any
) -> None:
    table, mapping = files(
        "once", [closed(1), closed(2), "r3,Bulky,Gone,2020-03-01 09:00,2020-03-02 09:00,,"]
    )
    first = district.json("import", "requests", table, "--mapping", mapping)
    assert (first["accepted"], first["unchanged"], first["refused"]) == (3, 0, 0)
    second = district.json("import", "requests", table, "--mapping", mapping)
    assert (second["accepted"], second["unchanged"], second["refused"]) == (0, 3, 0)


def test_rows_that_cannot_be_taken_are_listed_and_the_rest_is_taken(
    district: InProcessPlatform, files: Any, tmp_path: Path
) -> None:
    rows = [
        closed(1),
        "r2,Pothole,Done,2020-03-01 08:00,2020-03-02 08:00,,",
        closed(3),
        "r4,Bulky,Done,never,,,",
    ]
    table, mapping = files("partly", rows)
    refused = tmp_path / "refused.csv"
    arguments = ("import", "requests", table, "--mapping", mapping, "--refused", str(refused))
    answer = district.json(*arguments, code=1)
    assert (answer["accepted"], answer["refused"]) == (2, 2)
    assert [one["lines"] for one in answer["refusals"]] == [[3], [5]]
    with refused.open(encoding="utf-8-sig", newline="") as file:
        assert [(row["line"], row["field"]) for row in csv.DictReader(file)] == [
            ("3", "type"),
            ("5", "begun"),
        ]
    shown = district.linli(*arguments, code=1).stdout
    assert "'Pothole' is not mapped; add it under `categories`" in shown


def test_a_mapping_of_a_column_that_is_not_there_posts_nothing(
    district: InProcessPlatform, files: Any
) -> None:
    before = district.json("status")
    table, mapping = files("wrong", [closed(1)], columns={**MAPPING["columns"], "category": "kind"})
    answer = district.json("import", "requests", table, "--mapping", mapping, code=2)
    assert "columns.category: the file has no column 'kind'" in answer["error"]
    assert answer["hint"] == "The file's columns are: id, type, state, begun, ended, x, y"
    assert district.json("status") == before


def test_what_a_service_refuses_comes_back_with_its_line(
    district: InProcessPlatform, tmp_path: Path
) -> None:
    units = tmp_path / "units.csv"
    units.write_text(
        "external_ref,name,kind,region_code\nu1,One,enterprise,990101\nu2,Two,castle,990101\n"
    )
    answer = district.json("import", "units", str(units), code=1)
    assert (answer["accepted"], answer["refused"]) == (1, 1)
    assert (answer["refusals"][0]["field"], answer["refusals"][0]["lines"]) == ("kind", [3])


def test_workers_are_assigned_and_an_unknown_grid_is_a_refusal(
    district: InProcessPlatform, tmp_path: Path
) -> None:
    workers = tmp_path / "workers.csv"
    worker = "6f2d0a8e-6a0f-4a87-9c67-0d5b3b1f8f11"
    workers.write_text(
        f"worker_id,grid_code,duty\n{worker},990101001001000,full_time\n{worker},990101001001999,deputy\n"
    )
    answer = district.json("import", "workers", str(workers), code=1)
    assert (answer["accepted"], answer["refused"], answer["refusals"][0]["lines"]) == (1, 1, [3])


def test_an_import_outlives_the_death_of_the_platform(
    district: InProcessPlatform, files: Any
) -> None:
    table, mapping = files("deaths", [closed(number) for number in range(3000)])
    host = district.supervisor.children[0]
    outcome: dict[str, Any] = {}
    before = published_so_far(district)

    def run() -> None:
        outcome["answer"] = district.json("import", "requests", table, "--mapping", mapping)

    thread = threading.Thread(target=run)
    thread.start()
    while published_so_far(district) == before:  # until the first batch is in
        time.sleep(0.01)
    host.process.kill()
    thread.join(120)
    answer = outcome["answer"]
    assert answer["accepted"] + answer["unchanged"] == 3000
    assert host.restarts >= 1
    district.linli("status", "--wait-idle", "120")
    again = district.json("import", "requests", table, "--mapping", mapping)
    assert (again["accepted"], again["unchanged"]) == (0, 3000)


def test_an_address_where_nothing_listens_is_reported_with_what_to_do(
    district: InProcessPlatform, files: Any
) -> None:
    table, mapping = files("away", [closed(1)])
    arguments = (
        "import",
        "requests",
        table,
        "--mapping",
        mapping,
        "--url",
        "http://127.0.0.1:9",
        "--patience",
        "0.3",
    )
    answer = district.json(*arguments, code=1)
    assert "does not answer (ConnectionError)" in answer["error"]
    assert "--from-line 2" in answer["hint"]


def test_a_wrong_secret_is_reported_in_words(
    district: InProcessPlatform, files: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    table, mapping = files("secret", [closed(1)])
    state = district.home / "state.json"
    original = state.read_text()
    state.write_text(original.replace('"jwt_secret": "', '"jwt_secret": "not-'))
    try:
        answer = district.json("import", "requests", table, "--mapping", mapping, code=1)
    finally:
        state.write_text(original)
    assert answer["status"] == 401
    assert "LINLI_JWT_SECRET" in answer["hint"]
