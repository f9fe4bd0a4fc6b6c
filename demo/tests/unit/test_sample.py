"""The sample district: its files are what the generator writes, and fit the contracts."""

import csv
import json
from collections import Counter

import pytest
import yaml
from linli_contracts.events.grid.requests import REJECTION_REASONS
from linli_contracts.events.organization.units import UNIT_KINDS
from linli_contracts.fields import CHANNELS, OUTCOMES
from linli_contracts.service_catalogue import load_service_items
from linli_devkit.sample.generate import HERE, SAMPLE, build
from linli_kernel.gcj02 import to_gcj02
from shapely.geometry import Point, shape
from shapely.ops import unary_union

SERVICE_ITEMS = load_service_items()


def rows(name):
    with (SAMPLE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def features(name):
    return json.loads((SAMPLE / name).read_text(encoding="utf-8"))["features"]


@pytest.fixture(scope="module")
def grids():
    return {f["properties"]["grid_code"]: shape(f["geometry"]) for f in features("grids.geojson")}


@pytest.fixture(scope="module")
def requests():
    return rows("requests.csv")


def location(row):
    return Point(float(row["longitude"]), float(row["latitude"]))


def test_the_committed_files_are_what_the_generator_writes():
    for name, text in build().items():
        assert (SAMPLE / name).read_text(encoding="utf-8") == text, (
            f"{name}: run python -m linli_devkit.sample.generate"
        )


def test_every_region_has_its_parent():
    codes = {row["code"] for row in rows("divisions.csv")}
    assert len(codes) == 28
    assert all(len(code) == 6 or code[:-3] in codes for code in codes)


def test_the_grids_tile_the_area_without_gap_or_overlap(grids):
    assert all(grid.is_valid and grid.geom_type == "Polygon" for grid in grids.values())
    union = unary_union(list(grids.values()))
    assert union.geom_type == "Polygon"
    assert not union.interiors
    assert union.area == pytest.approx(sum(grid.area for grid in grids.values()), rel=1e-12)


def test_every_community_is_the_union_of_its_three_to_five_grids(grids):
    for feature in features("boundaries.geojson"):
        code = feature["properties"]["community_code"]
        own = [grid for grid_code, grid in grids.items() if grid_code.startswith(code)]
        assert 3 <= len(own) <= 5
        assert shape(feature["geometry"]).equals(unary_union(own))
    communities = {row["code"] for row in rows("divisions.csv") if len(row["code"]) == 12}
    assert {code[:12] for code in grids} == communities
    assert all(len(code) == 15 for code in grids)


def test_one_grid_lacks_its_full_time_worker_and_has_a_deputy(grids):
    duties = {code: Counter() for code in grids}
    for row in rows("workers.csv"):
        duties[row["grid_code"]][row["duty"]] += 1
    without = [code for code, count in duties.items() if count["full_time"] != 1]
    assert len(without) == 1
    assert duties[without[0]]["deputy"] == 1


def test_units_of_every_kind_stand_in_known_regions_under_names_that_say_sample():
    units = rows("units.csv")
    codes = {row["code"] for row in rows("divisions.csv")}
    assert {unit["kind"] for unit in units} == set(UNIT_KINDS)
    assert all(unit["region_code"] in codes and unit["name"].endswith("（示例）") for unit in units)
    assert len({unit["external_ref"] for unit in units}) == len(units) >= 30


def test_resources_belong_to_units_and_leave_one_service_unoffered():
    units = {unit["external_ref"] for unit in rows("units.csv")}
    resources = rows("resources.csv")
    assert {resource["unit_ref"] for resource in resources} == units
    offered = {service for resource in resources for service in resource["services"].split("|")}
    assert SERVICE_ITEMS.keys() - offered == {"healthcare.rehabilitation"}
    assert offered <= SERVICE_ITEMS.keys()


def test_resources_open_at_any_hour_can_take_the_cases_of_a_service_in_one_day(requests):
    # Each resource's capacity shared evenly over its services: less than what a matching can reach.
    capacity = Counter()
    for resource in rows("resources.csv"):
        if len(resource["covers"]) <= 9 and resource["closes"] in ("", "24:00"):
            services = resource["services"].split("|")
            capacity.update(
                dict.fromkeys(services, int(resource["capacity_per_day"]) // len(services))
            )
    asked = Counter()
    for row in requests:
        if row["on_arrival"] == "verify":
            asked[row["category"]] += 1 + (row["provider"] != "accept")
    short = {service for service in asked if capacity[service] < asked[service]}
    assert short == {"healthcare.rehabilitation", "education.tutoring"}


def test_requests_speak_of_every_service_in_many_words(requests):
    assert len(requests) > 290
    assert {row["category"] for row in requests} == SERVICE_ITEMS.keys()
    texts = yaml.safe_load((HERE / "templates.yaml").read_text(encoding="utf-8"))["categories"]
    assert len({text for entry in texts.values() for text in entry["texts"]}) >= 60
    assert len({row["description"] for row in requests}) > 150
    assert not any("{" in row["description"] for row in requests)


def test_requests_keep_to_the_vocabulary_of_the_contracts(requests):
    for row in requests:
        assert row["channel"] in set(CHANNELS) - {"import"}
        assert row["groups"] in ("", "older", "disabled", "child")
        assert row["on_arrival"] in ("verify", "reject", "resolve_on_spot", "link")
        assert (row["reason"] in REJECTION_REASONS) == (row["on_arrival"] == "reject")
        assert bool(row["provider"] and row["check"]) == (row["on_arrival"] == "verify")
        assert row["rating_satisfaction"] in ("", "1", "2", "3", "4", "5")


def test_contacts_are_given_with_consent_and_evidently_made_up_numbers(requests):
    with_contact = [row for row in requests if row["contact_phone"]]
    assert len(with_contact) > 50
    for row in requests:
        assert (row["consent"] == "true") == bool(row["contact_phone"]) == bool(row["contact_name"])
    assert all(row["contact_phone"].startswith("1390000") for row in with_contact)


def test_marked_coordinates_are_shifted_and_a_few_places_lie_outside_or_are_missing(
    requests, grids
):
    area = unary_union(list(grids.values()))
    placed = [row for row in requests if row["longitude"]]
    outside = [
        row
        for row in placed
        if row["coordinate_system"] == "wgs84" and not area.contains(location(row))
    ]
    assert len(outside) == 6
    assert len(requests) - len(placed) == 3
    assert sum(row["coordinate_system"] == "gcj02" for row in placed) == 18


def test_repeated_requests_come_after_their_original_and_near_it(requests):
    by_key = {row["key"]: row for row in requests}
    repeated = [row for row in requests if row["on_arrival"] == "link"]
    assert len(repeated) == 14
    for row in repeated:
        original = by_key[row["original"]]
        assert original["key"] < row["key"]
        assert original["category"] == row["category"]
        assert original["on_arrival"] == "verify"
        assert location(row).distance(location(original)) < 0.0003


def test_the_first_request_goes_through_the_whole_flow(requests):
    first = requests[0]
    assert (first["on_arrival"], first["provider"], first["check"]) == ("verify", "accept", "pass")
    assert first["rating_satisfaction"] == "5"


def test_the_shift_is_that_of_the_published_transforms():
    # Tiananmen, as the open-source transforms give it.
    longitude, latitude = to_gcj02(116.391305, 39.905527)
    assert (longitude, latitude) == pytest.approx((116.397548, 39.906930), abs=2e-5)


def test_the_mapping_for_los_angeles_names_services_channels_and_outcomes_we_have():
    mapping = yaml.safe_load(
        (SAMPLE.parent / "mappings" / "la311.yaml").read_text(encoding="utf-8")
    )
    assert set(mapping["categories"].values()) <= SERVICE_ITEMS.keys()
    assert set(mapping["channels"].values()) <= set(CHANNELS)
    outcomes = {s["outcome"] if isinstance(s, dict) else s for s in mapping["statuses"].values()}
    assert outcomes == set(OUTCOMES)


def test_the_mapping_for_neighbourhoods_gives_grid_codes_below_its_divisions():
    mapping = yaml.safe_load(
        (SAMPLE.parent / "mappings" / "la_neighbourhoods.yaml").read_text(encoding="utf-8")
    )
    assert mapping["grid_code"].format(nc_id="47") == "990101001001047"
    text = (SAMPLE.parent / "mappings" / "la_divisions.csv").read_text(encoding="utf-8")
    assert [row["code"] for row in csv.DictReader(text.splitlines())] == [
        "990101",
        "990101001",
        "990101001001",
    ]
