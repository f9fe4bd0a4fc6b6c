import time
from datetime import UTC, datetime
from uuid import UUID

import pytest
from linli_contracts.events.grid.requests import RequestRegistered, RequestVerified
from linli_kernel.gcj02 import to_gcj02

from .factories import COMMUNITY, WEST, centre, events_of


def item(number, **changes):
    return {
        "external_ref": f"1-{number:06}",
        "category": "environment.graffiti",
        "channel": "hotline",
        **centre(1 + number % 4),
        "registered_at": "2020-01-01T08:00:00-08:00",
        "outcome": "closed",
        "ended_at": "2020-01-03T08:00:00-08:00",
        "reason": None,
        **changes,
    }


def bring(service, *items, role="operator", source="old", **who):
    return service.post(
        "/requests/import", json={"source": source, "items": list(items)}, role=role, **who
    )


def test_history_is_published_with_its_own_times_and_how_it_ended(grid):
    assert bring(grid, item(1, outcome="cancelled", reason="referred_out")).json["accepted"] == 1
    (registered,) = events_of(grid, RequestRegistered)
    (verified,) = events_of(grid, RequestVerified)
    asked = datetime(2020, 1, 1, 16, tzinfo=UTC)
    assert registered.time == verified.time == registered.data["registered_at"] == asked
    assert (registered.sequence, verified.sequence) == (1, 2)
    assert registered.subject == verified.subject == verified.correlation_id
    assert verified.data["recorded"] == {
        "outcome": "cancelled",
        "ended_at": datetime(2020, 1, 3, 16, tzinfo=UTC),
        "reason": "referred_out",
    }
    assert (verified.data["grid_code"], verified.data["location_status"]) == (
        f"{COMMUNITY}002",
        "located",
    )
    assert len(verified.data["tracking_digest"]) == 64


def test_bringing_the_same_again_adds_nothing(grid):
    first = bring(grid, *(item(n) for n in range(20))).json
    again = bring(grid, *(item(n) for n in range(10, 30))).json
    assert (first["accepted"], first["unchanged"]) == (20, 0)
    assert (again["accepted"], again["unchanged"]) == (10, 10)
    assert len(events_of(grid, RequestVerified)) == 30
    assert bring(grid, item(1), source="other").json["accepted"] == 1


def test_an_item_given_twice_in_one_batch_is_published_once(grid):
    answer = bring(grid, item(1), item(1)).json
    assert (answer["accepted"], answer["unchanged"]) == (1, 1)
    assert len(events_of(grid, RequestRegistered)) == 1


def test_the_id_of_a_request_follows_from_where_it_comes(service, grid):
    bring(grid, item(1))
    (event,) = events_of(grid, RequestRegistered)
    assert UUID(event.subject).version == 5
    with grid.unit_of_work() as uow:
        uow.connection.exec_driver_sql("TRUNCATE request CASCADE")
    bring(grid, item(1))
    assert events_of(grid, RequestRegistered)[1].subject == event.subject


def test_places_outside_unknown_or_shifted_are_kept_as_what_they_are(grid):
    place = centre(3)
    shifted = dict(zip(("longitude", "latitude"), to_gcj02(**place), strict=True))
    answer = bring(
        grid,
        item(1, longitude=WEST - 0.1),
        item(2, longitude=None, latitude=None),
        item(3, **shifted, coordinate_system="gcj02"),
    )
    assert answer.json["accepted"] == 3
    data = [event.data for event in events_of(grid, RequestVerified)]
    by_status = {each["location_status"]: each for each in data}
    assert set(by_status) == {"outside", "unplaced", "located"}
    assert by_status["unplaced"]["place"] is None
    assert by_status["located"]["grid_code"] == f"{COMMUNITY}003"


def test_rows_that_cannot_be_true_are_refused_with_pointers_and_the_others_taken(grid):
    answer = bring(
        grid,
        item(1),
        item(2, ended_at="2019-12-31T08:00:00Z"),
        item(3, category="environment.moonlight"),
        item(4, registered_at="2199-01-01T00:00:00Z", ended_at=None, outcome="open"),
        item(5, longitude=0.0, latitude=0.0),
        item(6, latitude=None),
        item(7, registered_at="2020-01-01T08:00:00"),
        item(8, outcome="vanished"),
        item(9, ended_at="2199-01-01T00:00:00Z"),
        item(10),
    ).json
    assert (answer["accepted"], answer["unchanged"]) == (2, 0)
    assert [refused["pointer"] for refused in answer["refused"]] == [
        "/items/1/ended_at",
        "/items/2/category",
        "/items/3/registered_at",
        "/items/4/longitude",
        "/items/5/latitude",
        "/items/6/registered_at",
        "/items/7/outcome",
        "/items/8/ended_at",
    ]


def test_nothing_is_linked_to_history_that_ended(grid, register):
    bring(grid, item(1, outcome="closed"), item(2, outcome="open", ended_at=None))
    closed, still_open = (event.data["request_id"] for event in events_of(grid, RequestRegistered))
    request_id = register()["request_id"]
    for original, status in ((closed, 409), (still_open, 200)):
        body = {"original_request_id": str(original)}
        assert (
            grid.post(f"/requests/{request_id}/link", json=body, role="dispatcher").status_code
            == status
        )


def test_history_that_ended_is_no_duplicate_and_open_history_is(grid, register):
    now = grid.now().isoformat()
    here = centre(1)
    bring(grid, item(1, **here, registered_at=now, ended_at=None, outcome="closed"))
    assert register("dispatcher", category="environment.graffiti")["possible_duplicates"] == []
    bring(grid, item(2, **here, registered_at=now, ended_at=None, outcome="open"))
    assert len(register("dispatcher", category="environment.graffiti")["possible_duplicates"]) == 2


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ({"role": None}, 401),
        ({"role": "dispatcher"}, 403),
        ({"role": "operator", "region": "110101001"}, 403),
        ({"role": "admin"}, 200),
    ],
)
def test_only_operators_of_the_district_bring_history(grid, who, status):
    assert bring(grid, item(1), **who).status_code == status


def test_a_body_without_its_parts_is_refused(grid):
    for body in (
        {},
        {"source": "old"},
        {"items": []},
        {"source": "旧", "items": [item(1)]},
        {"source": "old", "items": 1},
    ):
        assert grid.post("/requests/import", json=body).status_code == 422, body


def test_a_thousand_rows_are_brought_in_within_seconds(grid):
    items = [item(n) for n in range(1000)]
    began = time.perf_counter()
    assert bring(grid, *items).json["accepted"] == 1000
    # Measured at well under a second; the bound is wide because other work may share the machine.
    assert time.perf_counter() - began < 10
    assert len(events_of(grid, RequestVerified)) == 1000
