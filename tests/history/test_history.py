"""A real city's neighbourhoods and a day of its requests, brought in by the command and counted
twice.

What evaluation says is compared with what the CSV itself says, read by Python's csv module and
nothing of ours.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from datetime import datetime
from typing import Any

import pytest
import shapely
from linli_devkit.processes import eventually
from shapely.geometry import shape

HECTARE_M2 = 10_000


@pytest.fixture(scope="module")
def neighbourhoods(city: Any) -> dict[str, Any]:
    """The neighbourhoods as they were drawn, by grid code."""
    features = json.loads(city.neighbourhoods.read_text(encoding="utf-8"))["features"]
    return {f"990101001001{int(one['properties']['nc_id']):03}": one for one in features}


def test_all_99_neighbourhoods_come_in_and_the_2_that_were_repaired_are_reported(
    city: Any, neighbourhoods: dict[str, Any]
) -> None:
    answer = city.answers["grids"]
    assert (answer["accepted"], answer["refused"], len(answer["repaired"])) == (99, 0, 2)
    assert all("Self-intersection" in one["detail"] for one in answer["repaired"])
    invalid = {code for code, one in neighbourhoods.items() if not shape(one["geometry"]).is_valid}
    report = city.platform.get("grid", "/coverage")
    assert {one["grid_code"] for one in report["repaired"]} == invalid
    assert report["grids"] == 99


def test_the_31_pairs_of_neighbourhoods_that_overlap_are_reported_with_area_and_place(
    city: Any, neighbourhoods: dict[str, Any]
) -> None:
    overlaps = city.platform.get("grid", "/coverage")["overlaps"]
    repaired = {code for code, one in neighbourhoods.items() if not shape(one["geometry"]).is_valid}
    large = [
        one
        for one in overlaps
        if one["area_m2"] > HECTARE_M2 and not repaired & set(one["grid_codes"])
    ]
    assert len(large) == 31
    for one in large:
        place = shapely.Point(one["longitude"], one["latitude"])
        assert all(
            shape(neighbourhoods[code]["geometry"]).distance(place) < 1e-4
            for code in one["grid_codes"]
        )


def test_every_row_is_a_fact_and_none_is_dead(city: Any) -> None:
    assert (city.answers["requests"]["accepted"], city.answers["requests"]["refused"]) == (1685, 0)
    eventually(
        lambda: city.figures(level="district")["990101"][None][0] == 1685, seconds=30, every=0.2
    )
    assert city.platform.json("events", "dead", "list") == []
    assert city.platform.json("status")["idle"]


def test_the_grid_found_is_the_neighbourhood_recorded_for_nearly_every_row(
    city: Any, neighbourhoods: dict[str, Any]
) -> None:
    names = {code: one["properties"]["name"] for code, one in neighbourhoods.items()}
    placed = [row for row in city.rows if row["longitude"] and row["ncname"]]
    known = [row for row in placed if row["ncname"] in names.values()]
    agreed = sum(names.get(city.grids[row["srnumber"]]) == row["ncname"] for row in placed)
    print(f"{agreed} of {len(placed)} with a place and a council agree: {agreed / len(placed):.2%}")  # noqa: T201
    print(f"{agreed} of {len(known)} whose council is drawn: {agreed / len(known):.2%}")  # noqa: T201
    assert len(placed) - len(known) == 15
    assert agreed / len(known) >= 0.98
    assert agreed / len(placed) >= 0.98


def test_each_place_lies_in_the_grid_found_for_it_and_in_none_where_none_was_found(
    city: Any, neighbourhoods: dict[str, Any]
) -> None:
    shapes = {
        code: shapely.make_valid(shape(one["geometry"])) for code, one in neighbourhoods.items()
    }
    placed = [row for row in city.rows if row["longitude"]]
    points = shapely.points([[float(row["longitude"]), float(row["latitude"])] for row in placed])
    inside: dict[str, set[str]] = defaultdict(set)
    for code, polygon in shapes.items():
        shapely.prepare(polygon)
        for row, covered in zip(placed, shapely.covers(polygon, points), strict=True):
            if covered:
                inside[row["srnumber"]].add(code)
    for row in placed:
        grid_code = city.grids[row["srnumber"]]
        assert grid_code in inside[row["srnumber"]] if grid_code else not inside[row["srnumber"]], (
            row
        )


def test_counts_and_medians_of_every_neighbourhood_are_those_of_the_csv(city: Any) -> None:
    expected = city.expected(city.rows)
    assert len(expected) > 80
    assert city.figures() == expected


def test_where_all_rows_agree_the_recorded_neighbourhood_has_the_same_figures(
    city: Any, neighbourhoods: dict[str, Any]
) -> None:
    codes = {one["properties"]["name"]: code for code, one in neighbourhoods.items()}
    recorded = {row["srnumber"]: codes.get(row["ncname"]) for row in city.rows}
    disputed = {
        code
        for row in city.rows
        for code in (recorded[row["srnumber"]], city.grids[row["srnumber"]])
        if recorded[row["srnumber"]] != city.grids[row["srnumber"]]
    }
    by_record = city.expected(city.rows, recorded)
    figures = city.figures()
    alike = [code for code in by_record if code not in disputed]
    print(f"{len(alike)} of {len(by_record)} neighbourhoods hold no row in dispute")  # noqa: T201
    assert len(alike) > len(by_record) / 2
    assert {code: figures[code] for code in alike} == {code: by_record[code] for code in alike}


def test_counts_and_medians_of_the_whole_city_are_those_of_the_csv(city: Any) -> None:
    whole = city.expected(city.rows, dict.fromkeys(city.grids, "990101"))
    figures = city.figures(level="district")
    print({str(status): figure for status, figure in figures["990101"].items()})  # noqa: T201
    assert figures == whole
    assert {status: cases for status, (cases, _) in figures["990101"].items()} == {
        None: 1685,
        ("closed", None): 1632,
        ("cancelled", "withdrawn"): 47,
        ("cancelled", "referred_out"): 1,
        ("open", None): 5,
    }


def test_every_fact_has_the_times_and_the_end_of_its_row(city: Any) -> None:
    ids = {
        item["external_ref"]: item["request_id"]
        for item in city.platform.pages("grid", "/requests")
    }
    facts = {
        fact["request_id"]: fact
        for fact in city.platform.pages("evaluation", "/facts", imported=True)
    }
    from_csv = {row["srnumber"]: city.recorded(row) for row in city.rows}
    for number, expected in from_csv.items():
        fact = facts[ids[number]]
        actual = (fact["status"], fact["cancel_reason"], *(at(fact[name]) for name in TIMES))
        assert actual == expected, number
    assert Counter(fact["channel"] for fact in facts.values()).keys() <= {
        "hotline",
        "app",
        "web",
        "patrol",
    }


TIMES = ("registered_at", "closed_at", "cancelled_at")


def at(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def test_bringing_it_again_brings_nothing(city: Any) -> None:
    before = city.platform.table_sizes()
    answer = city.import_requests(city.requests)
    assert (answer["accepted"], answer["unchanged"], answer["refused"]) == (0, 1685, 0)
    grids = city.import_neighbourhoods()
    assert (grids["accepted"], grids["unchanged"]) == (0, 99)
    regions = city.import_regions()
    assert (regions["accepted"], regions["unchanged"]) == (0, 3)
    assert city.platform.table_sizes() == before
