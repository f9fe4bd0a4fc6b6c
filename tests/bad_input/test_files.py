"""Files that cannot be imported: the error gives reason, place and remedy; nothing is posted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from linli_devkit.running_platform import RunningPlatform

MAPPING = """\
source: older
time_zone: Asia/Shanghai
time_format: "%Y-%m-%d %H:%M"
columns: {external_ref: id, category: kind, status: state, registered_at: begun, ended_at: ended}
categories: {Bulky: environment.bulky_waste}
statuses: {Done: closed}
"""
TABLE = "id,type,state,begun,ended\nr1,Bulky,Done,2020-03-01 08:00,2020-03-02 08:00\n"
MESSAGES = {
    "en": (
        "the file has no column 'kind'",
        "The file's columns are: id, type, state, begun, ended",
    ),
    "zh": ("'kind'", "id, type, state, begun, ended"),
}


def chinese(text: str) -> bool:
    return any("\u4e00" <= character <= "\u9fff" for character in text)


@pytest.fixture
def failed(embedded: RunningPlatform, language: str) -> Iterator[Any]:
    """Run an import that must fail with a code and change no table; its error and its hint."""
    before = embedded.table_sizes()

    def run(*arguments: str, code: int) -> tuple[str, str]:
        done = embedded.linli("import", *arguments, "--json", code=code, language=language)
        assert "Traceback" not in done.stdout + done.stderr
        failure = json.loads(done.stdout)
        assert chinese(failure["error"]) == chinese(done.stderr) == (language == "zh")
        assert not failure["hint"] or chinese(failure["hint"]) == (language == "zh")
        return failure["error"], failure["hint"]

    yield run
    assert embedded.table_sizes() == before


def test_a_mapping_of_a_column_that_is_not_there_names_it_and_those_that_are(
    failed: Any, language: str, tmp_path: Path
) -> None:
    mapping, table = tmp_path / "mapping.yaml", tmp_path / "table.csv"
    mapping.write_text(MAPPING, encoding="utf-8")
    table.write_text(TABLE, encoding="utf-8")
    error, hint = failed("requests", str(table), "--mapping", str(mapping), code=2)
    assert f"{mapping}" in error
    assert "columns.category" in error
    assert MESSAGES[language][0] in error
    assert MESSAGES[language][1] in hint


def test_a_file_that_is_not_there_is_reported(failed: Any, tmp_path: Path) -> None:
    error, _ = failed("regions", str(tmp_path / "none.csv"), code=2)
    assert str(tmp_path / "none.csv") in error


def test_a_file_in_another_encoding_is_reported_with_the_option_that_helps(
    failed: Any, tmp_path: Path
) -> None:
    path = tmp_path / "regions.csv"
    path.write_bytes("code,name\n110101,东城区\n".encode("gb18030"))
    _, hint = failed("regions", str(path), code=2)
    assert "--encoding gb18030" in hint


def test_a_grid_file_that_is_no_geojson_is_reported(failed: Any, tmp_path: Path) -> None:
    path = tmp_path / "grids.geojson"
    path.write_text('{"type": "FeatureCollection", "features": [', encoding="utf-8")
    error, _ = failed("grids", str(path), code=2)
    assert str(path) in error


def test_a_table_without_its_columns_is_reported(failed: Any, tmp_path: Path) -> None:
    path = tmp_path / "units.csv"
    path.write_text("name\nx\n", encoding="utf-8")
    error, hint = failed("units", str(path), code=2)
    assert "external_ref" in error
    assert "name" in hint
