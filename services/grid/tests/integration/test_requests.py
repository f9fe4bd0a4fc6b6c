from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from linli_contracts.events.grid.requests import RequestRegistered, RequestVerified
from linli_devkit.client import ServiceUnderTest
from linli_grid.service import GridService
from linli_kernel.gcj02 import to_gcj02, to_wgs84

from .factories import COMMUNITY, SIDE, SOUTH, WEST, centre, events_of, request, square, tile

CONTACT = {"name": "王秀英", "phone": "13800138000"}


def test_a_request_is_located_in_its_grid_and_published_with_a_coarse_place(grid, register):
    answer = register(longitude=116.40211, latitude=39.90188)
    assert (answer["status"], answer["location_status"]) == ("registered", "located")
    assert (answer["grid_code"], answer["grid_name"]) == (f"{COMMUNITY}001", "东华门1号网格")
    assert (answer["neighbours"], answer["possible_duplicates"], answer["warnings"]) == ([], [], [])
    (event,) = events_of(grid, RequestRegistered)
    assert event.subject == event.correlation_id == answer["request_id"]
    assert event.sequence == 1
    assert event.data["grid_code"] == f"{COMMUNITY}001"
    assert event.data["place"] == {"longitude": 116.402, "latitude": 39.902}


def test_near_a_border_the_neighbours_are_named(register):
    answer = register(longitude=WEST + SIDE - 0.0001, latitude=SOUTH + SIDE - 0.0001)
    assert answer["grid_code"] == f"{COMMUNITY}001"
    assert sorted(answer["neighbours"]) == [f"{COMMUNITY}{n:03}" for n in (2, 3, 4)]


def test_how_near_a_border_is_a_setting(service, grid):
    with grid.unit_of_work() as uow:
        assert uow.settings.border_m == 30
    blind = service(GridService, LINLI_BORDER_M="5")
    assert blind.post("/requests", json=request(), role="resident").json["neighbours"] == []


def test_gcj02_that_is_marked_is_converted(grid, register):
    place = centre(4)
    longitude, latitude = to_gcj02(place["longitude"], place["latitude"])
    answer = register(longitude=longitude, latitude=latitude, coordinate_system="gcj02")
    assert answer["grid_code"] == f"{COMMUNITY}004"
    shown = grid.get(f"/requests/{answer['request_id']}", role="dispatcher").json
    assert shown["longitude"] == pytest.approx(place["longitude"], abs=1e-7)
    assert shown["latitude"] == pytest.approx(place["latitude"], abs=1e-7)


def test_outside_every_grid_a_request_is_kept_marked_and_warned_of(grid, register):
    answer = register(longitude=WEST - 0.05, latitude=SOUTH)
    assert (answer["location_status"], answer["grid_code"]) == ("outside", None)
    assert answer["warnings"] == [
        "The place is outside every grid; the request goes to the dispatcher of the district."
    ]
    assert events_of(grid, RequestRegistered)[0].data["place"] is not None


def test_gcj02_that_is_not_marked_is_suspected_when_it_falls_outside(grid, register):
    # A place in the south-east, whose shifted coordinates lie beyond the last grid.
    longitude, latitude = to_gcj02(WEST + 2 * SIDE - 0.001, SOUTH + 0.002)
    assert to_wgs84(longitude, latitude)[0] < WEST + 2 * SIDE < longitude
    answer = register(longitude=longitude, latitude=latitude)
    assert answer["location_status"] == "outside"
    assert "look like GCJ-02" in answer["warnings"][1]


def test_without_a_place_a_request_is_unplaced(grid, register):
    answer = register(longitude=None, latitude=None)
    assert (answer["location_status"], answer["grid_code"]) == ("unplaced", None)
    assert events_of(grid, RequestRegistered)[0].data["place"] is None


def test_before_any_grid_is_drawn_requests_are_taken_too(bare):
    answer = bare.post("/requests", json=request(), role="resident")
    assert (answer.status_code, answer.json["location_status"]) == (201, "outside")
    assert answer.json["warnings"] == [
        "No grid has been drawn yet; the request goes to the dispatcher of the district."
    ]


def test_a_grid_drawn_after_the_first_request_is_found_by_the_next(grid, register):
    assert register(longitude=WEST - 0.001, latitude=SOUTH + 0.001)["grid_code"] is None
    new = tile(1, grid_code=f"{COMMUNITY}009", geometry=square(WEST - SIDE, SOUTH))
    grid.post("/grids/import", json={"items": [new]}, role="operator")
    assert (
        register(longitude=WEST - 0.001, latitude=SOUTH + 0.001)["grid_code"] == f"{COMMUNITY}009"
    )


def test_another_replica_notices_a_new_grid(grid):
    replica = ServiceUnderTest(GridService, grid.runtime.settings.database_url)
    try:
        outside = request(longitude=WEST - 0.001, latitude=SOUTH + 0.001)
        assert replica.post("/requests", json=outside, role="resident").json["grid_code"] is None
        new = tile(1, grid_code=f"{COMMUNITY}009", geometry=square(WEST - SIDE, SOUTH))
        grid.post("/grids/import", json={"items": [new]}, role="operator")
        assert (
            replica.post("/requests", json=outside, role="resident").json["grid_code"]
            == f"{COMMUNITY}009"
        )
    finally:
        replica.stop()


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"longitude": 122.5, "latitude": 30.0}, "/longitude"),
        ({"longitude": -160.0, "latitude": 0.0}, "/longitude"),
        ({"longitude": 216.0}, "/longitude"),
        ({"longitude": 39.9, "latitude": 116.4}, "/latitude"),
        ({"latitude": None}, "/latitude"),
        ({"longitude": "here"}, "/longitude"),
        ({"category": "environment.moonlight"}, "/category"),
        ({"category": "sofa"}, "/category"),
        ({"channel": "import"}, "/channel"),
        ({"description": ""}, "/description"),
        ({"coordinate_system": "bd09"}, "/coordinate_system"),
        ({"contact": CONTACT}, "/consent"),
        ({"groups": ["older"]}, "/consent"),
        ({"groups": ["rich"], "consent": True}, "/groups/0"),
        ({"contact": {"name": "王"}, "consent": True}, "/contact/phone"),
        ({"colour": "red"}, "/colour"),
    ],
)
def test_what_cannot_be_used_is_refused_with_a_pointer_and_nothing_is_written(
    grid, changes, pointer
):
    before = len(grid.published())
    answer = grid.post("/requests", json=request(**changes), role="resident")
    assert answer.status_code == 422, answer.json
    assert pointer in [error["pointer"] for error in answer.json["errors"]]
    assert len(grid.published()) == before
    assert grid.get("/requests", role="dispatcher").json["items"] == []


@pytest.mark.parametrize(
    ("changes", "priority"),
    [
        ({"category": "elder_care.home_visit"}, "normal"),
        ({"category": "elder_care.home_visit", "groups": ["older"], "consent": True}, "raised"),
        ({"category": "elder_care.home_visit", "groups": ["child"], "consent": True}, "normal"),
        ({"category": "public_safety.hazard"}, "raised"),
    ],
)
def test_the_priority_is_published_but_not_its_group(grid, register, changes, priority):
    assert register(**changes)["priority"] == priority
    assert events_of(grid, RequestRegistered)[0].data["priority"] == priority
    stored = everything_stored(grid)
    assert not any(group in stored for group in ("older", "child"))


def test_a_danger_is_urgent_once_staff_say_so(grid, register):
    hazard = {"category": "public_safety.hazard"}
    assert register("grid_worker", **hazard)["priority"] == "urgent"
    reported = register(**hazard)["request_id"]
    assert grid.post(f"/requests/{reported}/verify", role="dispatcher").json["priority"] == "urgent"
    assert events_of(grid, RequestVerified)[0].data["priority"] == "urgent"
    assert grid.get(f"/requests/{reported}", role="dispatcher").json["priority"] == "urgent"


def test_only_staff_register_what_was_seen_on_patrol(grid, register):
    answer = grid.post("/requests", json=request(channel="patrol"), role="resident")
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, "/channel")
    assert register("grid_worker", channel="patrol")["status"] == "registered"


def test_words_and_contact_are_nowhere_in_clear(grid, register):
    words = "我家住在3单元502室"
    registered = register(description=words, contact=CONTACT, consent=True)
    grid.post(
        f"/requests/{registered['request_id']}/resolve-on-spot",
        json={"note": "已上门"},
        role="dispatcher",
    )
    stored = everything_stored(grid)
    for secret in (words, CONTACT["name"], CONTACT["phone"], "已上门", registered["tracking_code"]):
        assert secret not in stored
        assert secret.encode("unicode_escape").decode() not in stored


def everything_stored(service):
    """All that the service wrote about requests, with its outbox, as one text."""
    with service.unit_of_work() as uow:
        tables = [
            sa.text(f"SELECT t::text FROM {name} t")  # noqa: S608
            for name in ("request", "outbox", "contact_access")
        ]
        return "\n".join(row for table in tables for row in uow.connection.scalars(table))


def test_a_resident_follows_a_request_by_its_code_however_it_is_typed(grid, register):
    registered = register(contact=CONTACT, consent=True)
    code = registered["tracking_code"]
    for typed in (
        code,
        code.lower(),
        code.replace("-", ""),
        code.replace("-", "%20"),
        code.replace("0", "o"),
    ):
        answer = grid.get(f"/tracking/{typed}", role=None, headers={"Accept-Language": "zh"})
        assert answer.status_code == 200, typed
    assert set(answer.json) == {
        "request_id",
        "status",
        "category",
        "category_name",
        "registered_at",
        "updated_at",
    }
    assert answer.json["category_name"] == "大件垃圾清运"
    assert grid.get("/tracking/0000-0000-0000-0000-0000", role=None).status_code == 404
    assert grid.get(f"/tracking/{'9' * 3000}", role=None).status_code == 404


def test_the_same_idempotency_key_registers_once(grid):
    headers = {"Idempotency-Key": "the-same"}
    answers = [
        grid.post("/requests", json=request(), role="resident", headers=headers).json
        for _ in range(2)
    ]
    assert answers[0]["tracking_code"] == answers[1]["tracking_code"]
    assert len(events_of(grid, RequestRegistered)) == 1


def test_requests_are_listed_in_pages_newest_first_and_filtered(grid, register):
    began = grid.now()
    ids = []
    for hour in range(5):
        grid.now = lambda hour=hour: began + timedelta(hours=hour)
        ids.append(register(**centre(1 + hour % 2))["request_id"])
    grid.now = lambda: began
    first = grid.get("/requests?limit=2", role="dispatcher").json
    second = grid.get(f"/requests?limit=2&cursor={first['next']}", role="dispatcher").json
    third = grid.get(f"/requests?limit=2&cursor={second['next']}", role="dispatcher").json
    seen = [item["request_id"] for answer in (first, second, third) for item in answer["items"]]
    assert seen == ids[::-1]
    assert third["next"] is None
    grid.post(f"/requests/{ids[0]}/verify", role="dispatcher")
    assert [i["request_id"] for i in grid.get("/requests?status=verified").json["items"]] == ids[:1]
    assert len(grid.get(f"/requests?grid_code={COMMUNITY}002").json["items"]) == 2
    assert len(grid.get("/requests?category=environment.noise").json["items"]) == 0
    for bad in (
        "status=lost",
        "cursor=x",
        "cursor=WzFd",
        "cursor=WyJhIiwiYiJd",
        "limit=0",
        "grid_code=abc",
    ):
        assert grid.get(f"/requests?{bad}").status_code == 422, bad


def test_lists_and_requests_end_at_the_region_of_the_caller(grid, register):
    inside, outside = register(), register(longitude=WEST - 0.05)
    worker = {"role": "grid_worker", "region": f"{COMMUNITY}001"}
    assert [i["request_id"] for i in grid.get("/requests", **worker).json["items"]] == [
        inside["request_id"]
    ]
    stranger = {"role": "grid_worker", "region": f"{COMMUNITY}002"}
    assert grid.get("/requests", **stranger).json["items"] == []
    assert grid.get(f"/requests/{inside['request_id']}", **stranger).status_code == 403
    # Outside every grid: the district's dispatcher, and nobody else.
    path = f"/requests/{outside['request_id']}"
    assert grid.get(path, role="dispatcher").status_code == 200
    assert grid.get(path, role="dispatcher", region="110101001").status_code == 403
    assert grid.get(path, role="grid_worker").status_code == 403
    assert len(grid.get("/requests", role="dispatcher").json["items"]) == 2
    assert len(grid.get("/requests", role="dispatcher", region="110101001").json["items"]) == 1
    assert len(grid.get("/requests?location_status=outside", role="grid_worker").json["items"]) == 0


def test_a_request_shows_who_answers_for_it_and_what_may_be_done(grid, register):
    worker = uuid4()
    grid.put(f"/grids/{COMMUNITY}001/workers/{worker}", json={"duty": "deputy"}, role="dispatcher")
    shown = grid.get(f"/requests/{register()['request_id']}", role="grid_worker").json
    assert shown["responsible_worker_id"] == str(worker)
    assert shown["actions"] == ["link", "reject", "relocate", "resolve_on_spot", "verify"]
    assert shown["category_name"] == "Bulky waste"
    assert "description" not in shown
    assert grid.get(f"/requests/{UUID(int=0)}").status_code == 404


@pytest.mark.parametrize(
    ("role", "status"), [(None, 401), ("provider", 403), ("evaluator", 403), ("grid_worker", 201)]
)
def test_who_may_register(grid, role, status):
    assert grid.post("/requests", json=request(), role=role).status_code == status
