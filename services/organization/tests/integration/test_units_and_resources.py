"""Units and their resources over HTTP, on a real database."""

from uuid import uuid4

import pytest
from linli_organization.service import OrganizationService

UNIT = {
    "external_ref": "u-1",
    "name": "禾暖助餐中央厨房（示例）",
    "kind": "enterprise",
    "region_code": "110101005001",
}
OFFER = {
    "services": ["elder_care.meal_delivery"],
    "capacity_per_day": 40,
    "covers": ["110101005"],
    "longitude": 116.41234,
    "latitude": 39.94321,
    "hours": {"days": [1, 2, 3, 4, 5], "opens": "08:00", "closes": "18:00"},
    "languages": ["zh"],
    "skills": ["catering"],
}
RESOURCE = {"external_ref": "r-1", "unit_ref": "u-1", **OFFER}


@pytest.fixture
def organization(service):
    organization = service(OrganizationService)
    codes = ("110101", "110101005", "110101006", "110101005001")
    items = [{"code": code, "name": f"区划{code}"} for code in codes]
    assert organization.post("/regions/import", json={"items": items}).json["accepted"] == len(
        codes
    )
    return organization


@pytest.fixture
def offering(organization):
    """With one unit and its resource."""
    assert organization.post("/units", json=UNIT, role="operator").status_code == 201
    assert organization.post("/resources", json=RESOURCE, role="operator").status_code == 201
    return organization


def events(organization, fact):
    return [
        event for event in organization.published() if event.type == f"linli.organization.{fact}.v1"
    ]


def imported(organization, things, *items, **more):
    response = organization.post(
        f"/{things}/import", json={"items": list(items)}, role="operator", **more
    )
    assert response.status_code == 200, response.text
    return response.json


def resource_of(organization):
    return organization.get("/resources?external_ref=r-1").json["items"][0]


def test_a_unit_is_registered_published_and_found(organization):
    unit = organization.post("/units", json=UNIT, role="operator").json
    assert {**unit, "unit_id": None} == {**UNIT, "unit_id": None}
    (event,) = events(organization, "unit_registered")
    assert event.subject == unit["unit_id"] == str(event.data["unit_id"])
    assert (event.data["name"], event.data["kind"], event.data["region_code"]) == (
        UNIT["name"],
        "enterprise",
        "110101005001",
    )
    assert organization.get(f"/units/{unit['unit_id']}", role="dispatcher").json == unit
    for query in ("kind=enterprise", "region_code=110101005", "external_ref=u-1"):
        assert organization.get(f"/units?{query}").json["items"] == [unit]
    for query in ("kind=volunteer_team", "region_code=110101006", "external_ref=u-2"):
        assert organization.get(f"/units?{query}").json["items"] == []
    assert organization.get(f"/units/{uuid4()}").status_code == 404


def test_importing_units_again_changes_nothing_and_a_change_is_published(organization):
    assert imported(organization, "units", UNIT, {**UNIT, "external_ref": "u-2"})["accepted"] == 2
    response = imported(
        organization, "units", UNIT, {**UNIT, "external_ref": "u-2", "name": "新名字"}
    )
    assert (response["accepted"], response["unchanged"], response["refused"]) == (1, 1, [])
    *_, last = events(organization, "unit_registered")
    assert (last.data["name"], last.sequence) == ("新名字", 2)


def test_a_unit_in_a_region_unknown_or_foreign_is_refused(organization):
    response = imported(
        organization, "units", UNIT, {**UNIT, "external_ref": "u-2", "region_code": "110101007"}
    )
    assert response["accepted"] == 1
    assert response["refused"][0] == {
        "index": 1,
        "pointer": "/items/1/region_code",
        "detail": "110101007 is not registered.",
    }
    # Nor may an operator take over a unit of another region by using its reference.
    taken = {**UNIT, "region_code": "110101006"}
    refused = imported(organization, "units", taken, region="110101006")["refused"]
    assert [item["pointer"] for item in refused] == ["/items/0/external_ref"]
    response = organization.post("/units", json=UNIT, role="operator", region="110101006")
    assert response.status_code == 403
    assert response.json["type"] == "urn:linli:problem:foreign-region"


def test_a_resource_is_offered_with_all_that_others_need_and_a_coarse_place(offering):
    resource = resource_of(offering)
    (event,) = events(offering, "resource_offered")
    assert event.subject == resource["resource_id"]
    assert dict(event.data) == {
        **{
            name: OFFER[name]
            for name in ("services", "capacity_per_day", "covers", "hours", "languages", "skills")
        },
        "resource_id": event.data["resource_id"],
        "unit_id": event.data["unit_id"],
        "place": {"longitude": 116.412, "latitude": 39.943},
    }
    assert str(event.data["unit_id"]) == resource["unit_id"]
    assert {name: resource[name] for name in RESOURCE} == RESOURCE
    assert (resource["state"], resource["withdrawn_because"]) == ("offered", None)
    assert offering.get(f"/resources/{resource['resource_id']}", role="provider").json == resource


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("service=elder_care.meal_delivery", 1),
        ("service=elder_care.home_visit", 0),
        ("region_code=110101005001", 1),
        ("region_code=110101006", 0),
        ("region_code=110101", 0),
        ("state=withdrawn", 0),
    ],
)
def test_resources_are_found_by_service_region_served_and_state(offering, query, count):
    assert len(offering.get(f"/resources?{query}").json["items"]) == count


def test_importing_resources_again_changes_nothing_and_a_change_is_published_whole(offering):
    shuffled = {
        **RESOURCE,
        "hours": {"days": [5, 4, 3, 2, 1, 1], "opens": "08:00", "closes": "18:00"},
    }
    assert imported(offering, "resources", shuffled)["unchanged"] == 1
    response = imported(offering, "resources", {**RESOURCE, "capacity_per_day": 50, "hours": None})
    assert response["accepted"] == 1
    (event,) = events(offering, "resource_changed")
    assert (event.data["capacity_per_day"], event.data["hours"], event.sequence) == (50, None, 2)
    assert event.data["services"] == ["elder_care.meal_delivery"]


def test_unusable_resources_are_refused_with_pointers(offering):
    response = imported(
        offering,
        "resources",
        {**RESOURCE, "external_ref": "r-2"},
        {**RESOURCE, "external_ref": "r-3", "unit_ref": "nobody"},
        {**RESOURCE, "external_ref": "r-4", "services": ["elder_care.dance"]},
        {**RESOURCE, "external_ref": "r-5", "covers": ["110101017"]},
        {**RESOURCE, "external_ref": "r-6", "latitude": None},
        {
            **RESOURCE,
            "external_ref": "r-7",
            "hours": {"days": [1], "opens": "18:00", "closes": "08:00"},
        },
        {**RESOURCE, "external_ref": "r-8", "capacity_per_day": -1},
    )
    assert response["accepted"] == 1
    assert [item["pointer"] for item in response["refused"]] == [
        "/items/1/unit_ref",
        "/items/2/services/0",
        "/items/3/covers",
        "/items/4/longitude",
        "/items/5/hours/closes",
        "/items/6/capacity_per_day",
    ]


@pytest.mark.parametrize("things", ["regions", "units", "resources"])
def test_an_import_of_unusable_items_only_lists_them(organization, things):
    before = len(organization.published())
    response = imported(organization, things, {}, {"external_ref": "x"}, region="110101005")
    assert (response["accepted"], response["unchanged"]) == (0, 0)
    assert [item["index"] for item in response["refused"]] == [0, 1]
    assert len(organization.published()) == before


def test_one_unusable_resource_is_a_problem_and_nothing_is_written(offering):
    before = len(offering.published())
    response = offering.post(
        "/resources", json={**RESOURCE, "services": ["elder_care.dance"]}, role="operator"
    )
    assert response.status_code == 422
    assert response.json["type"] == "urn:linli:problem:unknown-service"
    assert response.json["errors"][0]["pointer"] == "/services/0"
    assert len(offering.published()) == before


def test_an_operator_takes_over_no_resource_of_another_region(offering):
    other = {**UNIT, "external_ref": "u-2", "region_code": "110101006"}
    assert imported(offering, "units", other)["accepted"] == 1
    taken = {**RESOURCE, "unit_ref": "u-2"}
    refused = imported(offering, "resources", RESOURCE, region="110101006")["refused"]
    assert [item["pointer"] for item in refused] == ["/items/0/unit_ref"]
    refused = imported(offering, "resources", taken, region="110101006")["refused"]
    assert [item["pointer"] for item in refused] == ["/items/0/external_ref"]
    assert refused[0]["detail"] == "110101005001 is outside the region of your account."
    assert resource_of(offering)["unit_ref"] == "u-1"


def test_a_provider_changes_and_withdraws_its_own_resource(offering):
    resource = resource_of(offering)
    own = {"role": "provider", "unit": resource["unit_id"], "region": "110101006"}
    path = f"/resources/{resource['resource_id']}"
    changed = offering.put(path, json={**OFFER, "capacity_per_day": 10}, **own)
    assert (changed.status_code, changed.json["capacity_per_day"]) == (200, 10)
    withdrawn = offering.post(f"{path}/withdraw", json={"reason": "over_committed"}, **own)
    assert (withdrawn.json["state"], withdrawn.json["withdrawn_because"]) == (
        "withdrawn",
        "over_committed",
    )
    (event,) = events(offering, "resource_withdrawn")
    assert (event.data["reason"], event.sequence) == ("over_committed", 3)


def test_withdrawing_twice_is_published_once(offering):
    path = f"/resources/{resource_of(offering)['resource_id']}/withdraw"
    assert [offering.post(path, json={"reason": "moved"}).status_code for _ in range(2)] == [
        200,
        200,
    ]
    assert len(events(offering, "resource_withdrawn")) == 1


def test_another_unit_and_another_region_may_not(offering):
    resource = resource_of(offering)
    path = f"/resources/{resource['resource_id']}"
    other = offering.put(path, json=OFFER, role="provider", unit=uuid4())
    assert (other.status_code, other.json["type"]) == (403, "urn:linli:problem:not-your-resource")
    assert (
        offering.post(f"{path}/withdraw", json={"reason": "moved"}, role="provider").status_code
        == 403
    )
    assert offering.put(path, json=OFFER, role="operator", region="110101006").status_code == 403
    assert offering.put(path, json=OFFER, role="dispatcher").status_code == 403
    assert offering.put(f"/resources/{uuid4()}", json=OFFER, role="operator").status_code == 404
    assert not events(offering, "resource_changed")


def test_an_import_does_not_bring_back_what_was_withdrawn_but_its_unit_does(offering):
    resource = resource_of(offering)
    path = f"/resources/{resource['resource_id']}"
    offering.post(f"{path}/withdraw", json={"reason": "closed"})
    assert imported(offering, "resources", RESOURCE)["unchanged"] == 1
    (refused,) = imported(offering, "resources", {**RESOURCE, "capacity_per_day": 1})["refused"]
    assert refused["pointer"] == "/items/0/external_ref"
    assert resource_of(offering)["state"] == "withdrawn"

    again = offering.put(path, json=OFFER, role="provider", unit=resource["unit_id"])
    assert again.json["state"] == "offered"
    *_, last = events(offering, "resource_offered")
    assert (last.subject, last.sequence) == (resource["resource_id"], 3)


def test_a_district_may_bring_its_own_catalogue(service, tmp_path):
    catalogue = tmp_path / "services.yaml"
    catalogue.write_text(
        "domains: {elder_care: {zh: 养老, en: Elder care}}\n"
        "services: {elder_care.dance: {zh: 舞会, en: Dance, answer_hours: 8, finish_hours: 8}}\n",
        encoding="utf-8",
    )
    organization = service(OrganizationService, LINLI_SERVICES_FILE=str(catalogue))
    organization.post("/regions/import", json={"items": [{"code": "110101", "name": "东城区"}]})
    organization.post("/units", json={**UNIT, "region_code": "110101"})
    offer = {**RESOURCE, "covers": ["110101"]}
    assert (
        organization.post(
            "/resources", json={**offer, "services": ["elder_care.dance"]}
        ).status_code
        == 201
    )
    assert organization.post("/resources", json=offer).status_code == 422


def test_a_thousand_resources_are_imported_in_one_request(offering):
    items = [
        {**RESOURCE, "external_ref": f"bulk-{number}", "capacity_per_day": number}
        for number in range(1000)
    ]
    assert imported(offering, "resources", *items)["accepted"] == 1000
    assert imported(offering, "resources", *items)["unchanged"] == 1000
    assert len(events(offering, "resource_offered")) == 1001
