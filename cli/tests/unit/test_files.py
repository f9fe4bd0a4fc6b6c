from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from linli.base.errors import UsageFailure
from linli.imports.geojson import open_boundaries, open_grids
from linli.imports.kinds import KINDS, ReadOptions
from linli.imports.rows import CsvTable, Refusal, Row

SQUARE = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}


def geojson(path: Path, *properties: dict[str, Any], geometry: Any = SQUARE) -> Path:
    features = [{"type": "Feature", "properties": one, "geometry": geometry} for one in properties]
    path.write_text(
        json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8"
    )
    return path


def rows_of(name: str, path: Path, mapping: Path | None = None) -> list[Row | Refusal]:
    return list(KINDS[name].open(ReadOptions(path, mapping)).stream)


def test_resources_are_read_with_their_lists_and_hours(tmp_path: Path) -> None:
    path = tmp_path / "resources.csv"
    path.write_text(
        "external_ref,unit_ref,services,capacity_per_day,covers,longitude,latitude,days,opens,closes,languages,skills\n"
        "r1,u1,a.b|c.d,4,110101001|110101002,116.4,39.9,1|2|5,08:00,17:00,zh|en,\n"
        "r2,u1,a.b,4,110101,,,,,,,\n"
        "r3,u1,a.b,many,110101,,,,,,,\n"
        "r4,u1,a.b,4,110101,,,1,08:00,,,\n",
        encoding="utf-8",
    )
    first, second, third, fourth = rows_of("resources", path)
    assert isinstance(first, Row)
    assert isinstance(second, Row)
    assert first.item["services"] == ["a.b", "c.d"]
    assert first.item["hours"] == {"days": [1, 2, 5], "opens": "08:00", "closes": "17:00"}
    assert (second.item["hours"], second.item["longitude"]) == (None, None)
    assert third == Refusal(4, "capacity_per_day", "'many' is no whole number")
    assert fourth == Refusal(5, "closes", "is empty")


def test_a_file_without_a_needed_column_says_which_ones_it_has(tmp_path: Path) -> None:
    path = tmp_path / "regions.csv"
    path.write_text("code,nom\n110101,x\n", encoding="utf-8")
    with pytest.raises(UsageFailure, match="has no column name") as failure:
        rows_of("regions", path)
    assert failure.value.hint == "Its columns are: code, nom"


def test_a_worker_id_that_is_no_uuid_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "workers.csv"
    path.write_text("worker_id,grid_code,duty\nzhang,110101001001001,full_time\n", encoding="utf-8")
    assert rows_of("workers", path) == [Refusal(2, "worker_id", "'zhang' is no UUID")]


def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path: Path) -> None:
    path = tmp_path / "regions.csv"
    path.write_text("code,name\n110101,东城区\n", encoding="utf-8-sig")
    (row,) = rows_of("regions", path)
    assert isinstance(row, Row)
    assert row.item == {"code": "110101", "name": "东城区"}


def test_text_in_another_encoding_says_how_to_name_it(tmp_path: Path) -> None:
    path = tmp_path / "regions.csv"
    path.write_text("code,name\n110101,东城区\n", encoding="gb18030")
    with pytest.raises(UsageFailure) as failure:
        rows_of("regions", path)
    assert "gb18030" in failure.value.hint
    (row,) = KINDS["regions"].open(ReadOptions(path, encoding="gb18030")).stream
    assert isinstance(row, Row)
    assert row.item["name"] == "东城区"


@pytest.mark.parametrize(
    ("text", "words"), [("", "is empty"), ("a,b,a\n", "names columns twice: a")]
)
def test_a_header_that_cannot_be_used_is_reported(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "x.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageFailure, match=words):
        CsvTable(path)


def test_grids_are_read_from_their_own_properties(tmp_path: Path) -> None:
    path = geojson(
        tmp_path / "grids.geojson",
        {"grid_code": "110101001001001", "name": "一", "households": 300},
        {"grid_code": "110101001001002", "name": "二"},
        {"name": "三"},
        {"grid_code": "110101001001004", "name": "四", "households": "many"},
    )
    first, second, third, fourth = open_grids(path, None, 1).stream
    assert isinstance(first, Row)
    assert isinstance(second, Row)
    assert (first.item["households"], second.item["households"]) == (300, None)
    assert third == Refusal(3, "grid_code", "the feature has no property 'grid_code'")
    assert fourth == Refusal(4, "households", "'many' is no whole number")


def test_a_template_makes_grid_codes_of_other_properties(tmp_path: Path) -> None:
    path = geojson(tmp_path / "la.geojson", {"name": "LINCOLN HEIGHTS NC", "nc_id": "47"})
    mapping = tmp_path / "m.yaml"
    mapping.write_text(
        'source: la\ngrid_code: "990101001001{nc_id:0>3}"\nname: "{name}"\nhouseholds: null\n'
    )
    (row,) = open_grids(path, mapping, 1).stream
    assert isinstance(row, Row)
    assert row.item == {
        "grid_code": "990101001001047",
        "name": "LINCOLN HEIGHTS NC",
        "households": None,
        "geometry": SQUARE,
    }


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('grid_code: "{a}"\n', "name"),
        ('grid_code: "{a.__class__}"\nname: "{b}"\n', "grid_code"),
        ('grid_code: "{a[0]}"\nname: "{b}"\n', "grid_code"),
        ('grid_code: "{a"\nname: "{b}"\n', "grid_code"),
        ('grid_code: "{a}"\nname: "{b}"\nnames: "{b}"\n', "names"),
    ],
)
def test_a_wrong_template_names_the_key(tmp_path: Path, text: str, key: str) -> None:
    mapping = tmp_path / "m.yaml"
    mapping.write_text(text)
    with pytest.raises(UsageFailure, match=f": {key}: "):
        open_grids(geojson(tmp_path / "g.geojson"), mapping, 1)


def test_a_feature_without_a_geometry_is_refused(tmp_path: Path) -> None:
    path = geojson(tmp_path / "b.geojson", {"community_code": "110101001001"}, geometry=None)
    assert list(open_boundaries(path, None, 1).stream) == [
        Refusal(1, "geometry", "is no feature with a geometry")
    ]


@pytest.mark.parametrize("text", ["[1, 2]", "{", '{"type": "Feature"}'])
def test_what_is_no_geojson_is_reported(tmp_path: Path, text: str) -> None:
    path = tmp_path / "g.geojson"
    path.write_text(text)
    with pytest.raises(UsageFailure, match=r"g\.geojson is"):
        open_grids(path, None, 1)
