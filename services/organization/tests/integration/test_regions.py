"""Divisions over HTTP, on a real database."""

import pytest
from linli_organization.service import OrganizationService

DIVISIONS = [
    {"code": "110101", "name": "东城区"},
    {"code": "110101005", "name": "北新桥街道"},
    {"code": "110101005001", "name": "海运仓社区居委会"},
]


@pytest.fixture
def organization(service):
    return service(OrganizationService)


def import_regions(organization, *items, **more):
    response = organization.post(
        "/regions/import", json={"items": list(items)}, role="operator", **more
    )
    assert response.status_code == 200, response.text
    return response.json


def published_names(organization):
    return [
        (event.subject, event.sequence, event.data["name"]) for event in organization.published()
    ]


def test_registered_divisions_are_published_parents_first_and_listed(organization):
    response = import_regions(organization, *reversed(DIVISIONS))
    assert response == {"accepted": 3, "unchanged": 0, "refused": []}
    events = organization.published()
    assert [event.type for event in events] == ["linli.organization.region_registered.v1"] * 3
    assert [dict(event.data) for event in events] == [
        {"region_code": "110101", "name": "东城区", "level": "district", "parent_code": None},
        {
            "region_code": "110101005",
            "name": "北新桥街道",
            "level": "subdistrict",
            "parent_code": "110101",
        },
        {
            "region_code": "110101005001",
            "name": "海运仓社区居委会",
            "level": "community",
            "parent_code": "110101005",
        },
    ]
    listed = organization.get("/regions?parent=110101", role="resident").json
    assert listed["items"] == [
        {
            "code": "110101005",
            "name": "北新桥街道",
            "level": "subdistrict",
            "parent_code": "110101",
            "kind": "街道",
        }
    ]
    assert [
        item["code"] for item in organization.get("/regions?level=community").json["items"]
    ] == ["110101005001"]


def test_registering_again_with_the_same_values_publishes_nothing(organization):
    import_regions(organization, *DIVISIONS)
    assert import_regions(organization, *DIVISIONS) == {
        "accepted": 0,
        "unchanged": 3,
        "refused": [],
    }
    assert len(organization.published()) == 3


def test_a_corrected_name_is_published_with_the_next_sequence(organization):
    import_regions(organization, *DIVISIONS)
    response = import_regions(organization, {"code": "110101005", "name": "新桥街道"}, DIVISIONS[0])
    assert (response["accepted"], response["unchanged"]) == (1, 1)
    assert published_names(organization)[3:] == [("110101005", 2, "新桥街道")]


def test_good_items_are_taken_and_bad_ones_listed_with_pointer_and_reason(organization):
    response = import_regions(
        organization,
        *DIVISIONS[:2],
        {"code": "110101400", "name": "某开发区"},
        {"code": "110102001", "name": "西城某街道"},
        {"code": "110101006001", "name": "没有街道的社区"},
        {"code": "110101007", "name": ""},
        {"code": "110101005", "name": "另一个名字"},
        {"code": "110101008", "name": "朝阳门", "mayor": "?"},
    )
    assert response["accepted"] == 2
    assert [(item["index"], item["pointer"]) for item in response["refused"]] == [
        (2, "/items/2/code"),
        (3, "/items/3/code"),
        (4, "/items/4/code"),
        (5, "/items/5/name"),
        (6, "/items/6"),
        (7, "/items/7/mayor"),
    ]
    assert response["refused"][0]["detail"] == "Sub-district numbers go from 001 to 399, not 400."
    assert response["refused"][2]["detail"] == "110101006 is not registered."
    assert len(organization.published()) == 2


def test_refusals_are_worded_in_the_language_of_the_caller(organization):
    response = import_regions(
        organization, {"code": "110101005", "name": "北新桥街道"}, headers={"Accept-Language": "zh"}
    )
    assert response["refused"][0]["detail"] == "110101 尚未登记。"


def test_a_child_falls_with_its_refused_parent(organization):
    import_regions(organization, DIVISIONS[0])
    response = import_regions(
        organization,
        {"code": "110101005", "name": " "},
        {"code": "110101005001", "name": "海运仓社区居委会"},
    )
    assert [item["index"] for item in response["refused"]] == [0, 1]


def test_an_operator_of_one_subdistrict_registers_nothing_in_another(organization):
    import_regions(organization, *DIVISIONS)
    response = import_regions(
        organization,
        {"code": "110101005002", "name": "北新仓社区居委会"},
        {"code": "110101006", "name": "东四街道"},
        region="110101005",
    )
    assert response["accepted"] == 1
    assert [(item["index"], item["pointer"]) for item in response["refused"]] == [
        (1, "/items/1/code")
    ]


def test_writing_needs_the_role_of_an_operator(organization):
    body = {"items": DIVISIONS}
    assert organization.post("/regions/import", json=body, role="dispatcher").status_code == 403
    assert organization.post("/regions/import", json=body, role=None).status_code == 401
    assert organization.get("/regions", role=None).status_code == 401


def test_another_deployment_holds_its_own_district(service):
    organization = service(OrganizationService, LINLI_DISTRICT="990101")
    response = import_regions(
        organization,
        {"code": "990101", "name": "Los Angeles (sample)"},
        DIVISIONS[0],
        region="990101",
    )
    assert response["accepted"] == 1
    assert organization.published()[0].source == "urn:linli:990101:organization"


def test_a_list_goes_on_from_page_to_page(organization):
    codes = [f"110101{number:03}" for number in range(1, 18)]
    import_regions(
        organization, DIVISIONS[0], *({"code": code, "name": f"第{code}街道"} for code in codes)
    )
    seen, cursor = [], ""
    while cursor is not None:
        page = organization.get(
            f"/regions?level=subdistrict&limit=5{cursor and f'&cursor={cursor}'}"
        ).json
        seen += [item["code"] for item in page["items"]]
        cursor = page["next"]
    assert seen == codes
