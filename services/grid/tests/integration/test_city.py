"""A real city as 99 grids, and the requests of a day with their recorded neighbourhood."""

import csv
import json
import time
from dataclasses import replace
from datetime import datetime
from itertools import combinations
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from linli_contracts.envelope import source_of
from linli_contracts.events.grid.requests import RequestVerified
from linli_grid.geometry.engine.polygons import area_m2
from linli_grid.service import GridService
from shapely.geometry import shape

from .factories import region

DATA = Path(__file__).parents[5] / "shared" / "data"
NEIGHBOURHOODS, REQUESTS = DATA / "la_neighbourhoods_2019.geojson", DATA / "la311_2020-01-01.csv"
COMMUNITY = "990101001001"

pytestmark = pytest.mark.skipif(
    not (NEIGHBOURHOODS.exists() and REQUESTS.exists()), reason=f"no data of a real city in {DATA}"
)

CATEGORIES = {
    "Bulky Items": "environment.bulky_waste",
    "Metal/Household Appliances": "environment.bulky_waste",
    "Electronic Waste": "environment.electronic_waste",
    "Graffiti Removal": "environment.graffiti",
    "Illegal Dumping Pickup": "environment.illegal_dumping",
    "Dead Animal Removal": "environment.dead_animal",
    "Homeless Encampment": "public_safety.rough_sleeping",
    "Single Streetlight Issue": "utilities.streetlight",
    "Multiple Streetlight Issue": "utilities.streetlight",
    "Other": "other.other",
}
OUTCOMES = {
    "Closed": "closed",
    "Cancelled": "cancelled",
    "Pending": "open",
    "Referred Out": "cancelled",
}


def features():
    return json.loads(NEIGHBOURHOODS.read_text(encoding="utf-8"))["features"]


def code_of(feature):
    return f"{COMMUNITY}{int(feature['properties']['nc_id']):03}"


def rows():
    with REQUESTS.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def moment(text):
    local = datetime.strptime(text, "%m/%d/%y %H:%M").replace(
        tzinfo=ZoneInfo("America/Los_Angeles")
    )
    return local.isoformat()


def item(row):
    return {
        "external_ref": row["srnumber"],
        "category": CATEGORIES[row["requesttype"]],
        "channel": "import",
        "longitude": float(row["longitude"]) if row["longitude"] else None,
        "latitude": float(row["latitude"]) if row["latitude"] else None,
        "registered_at": moment(row["createddate"]),
        "outcome": OUTCOMES[row["status"]],
        "ended_at": moment(row["closeddate"]) if row["closeddate"] else None,
        "reason": "referred_out" if row["status"] == "Referred Out" else None,
    }


@pytest.fixture
def city(service):
    grid_service = service(GridService, LINLI_DISTRICT="990101")
    published_here = source_of("990101", "organization")
    grid_service.deliver(replace(region(COMMUNITY), source=published_here))
    items = [
        {"grid_code": code_of(f), "name": f["properties"]["name"], "geometry": f["geometry"]}
        for f in features()
    ]
    # Half at a time: a body is at most 1 MiB.
    answers = [
        send(grid_service, "/grids/import", {"items": part}) for part in (items[:50], items[50:])
    ]
    return grid_service, answers


def send(service, path, body):
    answer = service.post(path, json=body, role="operator", region="990101")
    assert answer.status_code == 200, answer.json
    return answer.json


def test_all_neighbourhoods_become_grids_and_the_two_invalid_ones_are_repaired_and_reported(city):
    grid_service, answers = city
    invalid = {
        code_of(feature) for feature in features() if not shape(feature["geometry"]).is_valid
    }
    assert len(invalid) == 2
    assert sum(answer["accepted"] for answer in answers) == 99
    assert [answer["refused"] for answer in answers] == [[], []]
    report = grid_service.get("/coverage", region="990101").json
    assert {repaired["grid_code"] for repaired in report["repaired"]} == invalid
    assert all(
        "Self-intersection" in item["detail"] for answer in answers for item in answer["repaired"]
    )


def test_the_pairs_that_overlap_are_the_ones_found_by_comparing_all_pairs(service, city):
    grid_service, _ = city
    polygons = {code_of(feature): shape(feature["geometry"]) for feature in features()}
    valid = {code: polygon for code, polygon in polygons.items() if polygon.is_valid}
    # Every pair of the valid ones, without index, by more than a millionth of a square degree
    # (about a hectare).
    expected = {
        pair
        for pair in combinations(sorted(valid), 2)
        if valid[pair[0]].intersection(valid[pair[1]]).area > 1e-6
    }
    assert len(expected) == 31

    began = time.perf_counter()
    report = grid_service.get("/coverage", region="990101").json
    print(f"coverage of {report['grids']} grids in {time.perf_counter() - began:.2f} s")  # noqa: T201
    overlaps = {tuple(overlap["grid_codes"]): overlap for overlap in report["overlaps"]}
    assert expected <= set(overlaps)
    for pair in expected:
        shared = valid[pair[0]].intersection(valid[pair[1]])
        assert overlaps[pair]["area_m2"] == pytest.approx(area_m2(shared), rel=1e-3)
    large = {
        pair
        for pair, overlap in overlaps.items()
        if overlap["area_m2"] > 10_300 and set(pair) <= set(valid)
    }
    assert large == expected
    assert report["area_m2"] == pytest.approx(1.0e9, rel=0.3)


def test_nearly_every_request_falls_in_the_neighbourhood_that_was_recorded(city):
    grid_service, _ = city
    items = [item(row) for row in rows()]
    began = time.perf_counter()
    answers = [
        send(
            grid_service,
            "/requests/import",
            {"source": "la311", "items": items[start : start + 1000]},
        )
        for start in range(0, len(items), 1000)
    ]
    seconds = time.perf_counter() - began
    assert sum(answer["accepted"] for answer in answers) == len(items) == 1685
    with grid_service.unit_of_work() as uow:
        stored = uow.connection.execute(sa.text("SELECT external_ref, grid_code FROM request"))
        grid_of_request = dict(stored.all())
    names = {code_of(feature): feature["properties"]["name"] for feature in features()}
    placed = [row for row in rows() if row["longitude"] and row["latitude"] and row["ncname"]]
    agreed = sum(names.get(grid_of_request[row["srnumber"]]) == row["ncname"] for row in placed)
    print(f"{agreed} of {len(placed)} agree; {len(items) / seconds:.0f} rows/s")  # noqa: T201
    assert agreed / len(placed) >= 0.98

    again = send(grid_service, "/requests/import", {"source": "la311", "items": items[:1000]})
    assert (again["accepted"], again["unchanged"]) == (0, 1000)
    verified = [
        event for event in grid_service.published() if event.type == RequestVerified.event_type.name
    ]
    assert len(verified) == 1685
