"""What is said of requests that may be the same, to whom, and how often anybody may ask."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import product

from linli_contracts.events.grid.requests import RequestRegistered
from linli_devkit.client import ServiceUnderTest
from linli_grid.requests.queries import MAX_DUPLICATES
from linli_grid.service import GridService
from linli_grid.settings import GridSettings

from .factories import OTHER_COMMUNITY, SOUTH, WEST, centre, events_of, request

HOME = {"longitude": 116.40150, "latitude": 39.90170}
SENSITIVE, SEEN_BY_ALL = "healthcare.rehabilitation", "environment.graffiti"


def test_probable_duplicates_are_named_to_staff_and_never_dropped(grid, register):
    first = register()
    assert register("dispatcher")["possible_duplicates"] == [first["request_id"]]
    assert register("dispatcher", category="environment.noise")["possible_duplicates"] == []
    assert register("dispatcher", **centre(2))["possible_duplicates"] == []
    assert len(events_of(grid, RequestRegistered)) == 4


def test_staff_find_them_with_the_request_of_a_resident(grid, register):
    first, second = register()["request_id"], register()["request_id"]
    for this, other in ((first, second), (second, first)):
        shown = grid.get(f"/requests/{this}", role="dispatcher").json
        assert shown["possible_duplicates"] == [other]
    nowhere = register(longitude=None, latitude=None)["request_id"]
    assert grid.get(f"/requests/{nowhere}", role="dispatcher").json["possible_duplicates"] == []


def test_staff_are_named_those_of_their_region_only(grid, register):
    register()
    here = grid.post("/requests", json=request(), role="grid_worker", region=OTHER_COMMUNITY)
    assert here.json["possible_duplicates"] == []
    outside = {"longitude": WEST - 0.05, "latitude": SOUTH}
    register(**outside)
    worker = {"role": "grid_worker", "region": "110101"}
    assert (
        grid.post("/requests", json=request(**outside), **worker).json["possible_duplicates"] == []
    )
    assert len(register("dispatcher", **outside)["possible_duplicates"]) == 2


def test_many_probable_duplicates_are_not_all_named(register):
    known = [register()["request_id"] for _ in range(MAX_DUPLICATES + 2)]
    assert register("dispatcher")["possible_duplicates"] == known[:MAX_DUPLICATES]


def test_what_is_settled_long_ago_or_far_off_is_no_duplicate(grid, register):
    settled = register()
    grid.post(
        f"/requests/{settled['request_id']}/reject",
        json={"reason": "not_a_request"},
        role="dispatcher",
    )
    assert register("dispatcher")["possible_duplicates"] == []
    now = grid.now()
    grid.now = lambda: now + timedelta(hours=73)
    assert register("dispatcher")["possible_duplicates"] == []


def test_how_near_duplicates_are_is_a_setting(service):
    wide = service(GridService, LINLI_DUPLICATE_RADIUS_M="2000", LINLI_DUPLICATE_HOURS="1")
    first = wide.post("/requests", json=request(**centre(1)), role="dispatcher").json
    second = wide.post("/requests", json=request(**centre(4)), role="dispatcher").json
    assert second["possible_duplicates"] == [first["request_id"]]


def said(answer):
    """What a resident learns of others."""
    return answer["possible_duplicates"], answer["reported_before"]


def test_34_registrations_around_a_sensitive_request_say_nothing_of_it(register):
    register(category=SENSITIVE, **HOME)
    offsets = [step * 0.0002 for step in range(-3, 3)]
    probes = list(product(offsets, offsets))[:34]
    answers = [
        register(
            category=SENSITIVE,
            longitude=HOME["longitude"] + east,
            latitude=HOME["latitude"] + north,
        )
        for east, north in probes
    ]
    assert [said(answer) for answer in answers] == [([], False)] * 34


def test_of_what_anybody_can_see_a_resident_hears_as_much_as_events_say(register):
    register(category=SEEN_BY_ALL, **HOME)

    def hears(longitude, latitude):
        answer = register(category=SEEN_BY_ALL, longitude=longitude, latitude=latitude)
        return said(answer)

    # Where within its cell of 0.001 degrees the other one lies makes no difference, nor how far.
    assert hears(116.40151, 39.90171) == ([], True)
    assert hears(116.40240, 39.90240) == ([], True)
    assert hears(116.40160, 39.90260) == ([], False)
    assert register(category="environment.noise", **HOME)["reported_before"] is False


def test_an_account_registers_ten_requests_in_an_hour_and_learns_when_to_come_again(grid):
    assert GridSettings.__dataclass_fields__["registrations_per_hour"].default == 10
    begin = grid.now()
    grid.now = lambda: begin
    answers = [grid.post("/requests", json=request(), role="resident") for _ in range(34)]
    assert [answer.status_code for answer in answers] == [201] * 10 + [429] * 24
    assert answers[10].json["type"] == "urn:linli:problem:too-many-requests"
    assert answers[10].headers["Retry-After"] == "3600"
    assert len(events_of(grid, RequestRegistered)) == 10
    other = grid.post("/requests", json=request(), role="resident", account="another")
    assert other.status_code == 201
    grid.now = lambda: begin + timedelta(minutes=59)
    late = grid.post("/requests", json=request(), role="resident")
    assert (late.status_code, late.headers["Retry-After"]) == (429, "60")
    grid.now = lambda: begin + timedelta(minutes=60)
    assert grid.post("/requests", json=request(), role="resident").status_code == 201


def test_staff_who_register_for_others_have_no_limit(grid):
    for role in ("dispatcher", "grid_worker", "resident,dispatcher"):
        answers = [grid.post("/requests", json=request(), role=role) for _ in range(11)]
        assert {answer.status_code for answer in answers} == {201}


def test_refused_requests_are_not_counted(grid):
    for _ in range(11):
        grid.post("/requests", json=request(longitude=122.5), role="resident")
    assert grid.post("/requests", json=request(), role="resident").status_code == 201


def test_the_limit_holds_for_all_replicas_together(grid):
    replica = ServiceUnderTest(GridService, grid.runtime.settings.database_url)
    try:
        with ThreadPoolExecutor(4) as pool:
            answers = pool.map(
                lambda number: (grid, replica)[number % 2].post(
                    "/requests", json=request(), role="resident"
                ),
                range(24),
            )
        statuses = sorted(answer.status_code for answer in answers)
    finally:
        replica.stop()
    assert statuses == [201] * 10 + [429] * 14


def test_counts_are_forgotten_after_an_hour(grid):
    grid.post("/requests", json=request(), role="resident")
    counts = "SELECT count(*) FROM registration_count"
    grid.fire("forget_counts")
    with grid.unit_of_work() as uow:
        assert uow.connection.exec_driver_sql(counts).scalar_one() == 1
    now = grid.now()
    grid.now = lambda: now + timedelta(hours=1)
    grid.fire("forget_counts")
    with grid.unit_of_work() as uow:
        assert uow.connection.exec_driver_sql(counts).scalar_one() == 0
