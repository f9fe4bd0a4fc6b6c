import hashlib
from uuid import UUID, uuid4

import pytest
from linli_contracts.events.grid.requests import (
    RequestLinked,
    RequestRejected,
    RequestRelocated,
    RequestResolvedOnSpot,
    RequestVerified,
)
from linli_grid.staffing import worker_id_of
from linli_kernel.tracking import normalise

from .factories import COMMUNITY, WEST, events_of

WORKER = {"role": "grid_worker", "region": f"{COMMUNITY}001"}


@pytest.fixture
def act(grid):
    def post(registered, action, json=None, **who):
        return grid.post(
            f"/requests/{registered['request_id']}/{action}", json=json, **(who or WORKER)
        )

    return post


def test_a_verified_request_is_published_with_the_digest_of_its_code_only(grid, register, act):
    registered = register()
    answer = act(registered, "verify")
    assert (answer.status_code, answer.json["status"], answer.json["actions"]) == (
        200,
        "verified",
        [],
    )
    (event,) = events_of(grid, RequestVerified)
    assert (event.sequence, event.correlation_id) == (2, registered["request_id"])
    assert (
        event.data["tracking_digest"]
        == hashlib.sha256(normalise(registered["tracking_code"]).encode()).hexdigest()
    )
    assert event.data["recorded"] is None


def test_a_rejected_request_says_why(grid, register, act):
    registered = register()
    assert act(registered, "reject", {"reason": "no reason"}).status_code == 422
    assert act(registered, "reject").status_code == 422
    assert (
        act(registered, "reject", {"reason": "false_report"}).json["rejection_reason"]
        == "false_report"
    )
    assert events_of(grid, RequestRejected)[0].data == {
        "request_id": UUID(registered["request_id"]),
        "reason": "false_report",
    }


def test_what_is_settled_on_the_spot_is_published_with_the_worker(grid, register, act):
    registered, worker = register(), uuid4()
    assert act(registered, "resolve-on-spot", {"note": ""}).status_code == 422
    who = {**WORKER, "account": str(worker)}
    assert (
        act(registered, "resolve-on-spot", {"note": "已清走"}, **who).json["status"]
        == "resolved_on_spot"
    )
    assert events_of(grid, RequestResolvedOnSpot)[0].data["worker_id"] == worker
    assert (
        grid.post(
            f"/requests/{registered['request_id']}/contact",
            json={"reason": "audit", "words": "核对办理情况"},
        ).json["note"]
        == "已清走"
    )


def test_an_account_that_is_no_uuid_has_one_id_for_good(grid, register, act):
    act(register(), "resolve-on-spot", {"note": "好"}, **{**WORKER, "account": "li.ming"})
    (event,) = events_of(grid, RequestResolvedOnSpot)
    assert (
        event.data["worker_id"]
        == worker_id_of("110101", "li.ming")
        == worker_id_of("110101", "li.ming")
    )
    assert worker_id_of("110101", "li.ming") != worker_id_of("110102", "li.ming")


def test_a_duplicate_is_linked_to_the_request_that_is_worked_on(grid, register, act):
    first, second = register(), register()
    act(first, "verify")
    answer = act(second, "link", {"original_request_id": first["request_id"]})
    assert (answer.json["status"], answer.json["original_request_id"]) == (
        "linked",
        first["request_id"],
    )
    (event,) = events_of(grid, RequestLinked)
    assert event.data["original_request_id"] == UUID(first["request_id"])


def test_a_request_that_others_lead_to_is_not_linked_on(grid, register, act):
    first, second, third = (register() for _ in range(3))
    act(second, "link", {"original_request_id": first["request_id"]})
    refused = act(first, "link", {"original_request_id": third["request_id"]})
    assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (
        409,
        "/original_request_id",
    )
    assert (
        act(third, "link", {"original_request_id": first["request_id"]}).json["status"] == "linked"
    )


def test_links_that_lead_nowhere_are_refused(grid, register, act):
    first, second, third = register(), register(), register()
    act(second, "link", {"original_request_id": first["request_id"]})
    chained = act(third, "link", {"original_request_id": second["request_id"]})
    assert chained.status_code == 409
    assert first["request_id"] in chained.json["detail"]
    assert act(third, "link", {"original_request_id": third["request_id"]}).status_code == 409
    missing = act(third, "link", {"original_request_id": str(uuid4())})
    assert (missing.status_code, missing.json["errors"][0]["pointer"]) == (
        404,
        "/original_request_id",
    )
    act(first, "reject", {"reason": "repeated"})
    assert act(third, "link", {"original_request_id": first["request_id"]}).status_code == 409
    assert grid.get(f"/requests/{third['request_id']}").json["status"] == "registered"


def test_a_request_outside_every_grid_is_given_to_its_grid_by_the_dispatcher(grid, register, act):
    registered = register(longitude=WEST - 0.05)
    target = {"grid_code": f"{COMMUNITY}002"}
    assert act(registered, "relocate", target).status_code == 403
    assert (
        act(registered, "relocate", {"grid_code": f"{COMMUNITY}009"}, role="dispatcher").status_code
        == 404
    )
    moved = act(registered, "relocate", target, role="dispatcher").json
    assert (moved["status"], moved["location_status"], moved["grid_code"]) == (
        "registered",
        "located",
        target["grid_code"],
    )
    assert (
        act(registered, "verify", role="grid_worker", region=target["grid_code"]).status_code == 200
    )
    assert events_of(grid, RequestRelocated)[0].data["grid_code"] == target["grid_code"]
    assert events_of(grid, RequestVerified)[0].data["grid_code"] == target["grid_code"]


def test_a_worker_may_hand_a_request_to_the_next_grid_and_then_has_it_no_longer(register, act):
    registered = register()
    assert act(registered, "relocate", {"grid_code": f"{COMMUNITY}002"}).status_code == 200
    assert act(registered, "verify").status_code == 403


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("verify", None),
        ("reject", {"reason": "repeated"}),
        ("resolve-on-spot", {"note": "x"}),
        ("relocate", {"grid_code": f"{COMMUNITY}002"}),
    ],
)
def test_what_is_decided_stays_decided(grid, register, act, action, body):
    registered = register()
    act(registered, "verify")
    before = len(grid.published())
    answer = act(registered, action, body)
    assert (answer.status_code, answer.json["type"]) == (
        409,
        "urn:linli:problem:transition-refused",
    )
    assert "only while it is registered" in answer.json["detail"]
    assert len(grid.published()) == before


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ({"role": None}, 401),
        ({"role": "resident"}, 403),
        ({"role": "provider"}, 403),
        ({"role": "grid_worker", "region": f"{COMMUNITY}002"}, 403),
        ({"role": "dispatcher", "region": "110101001"}, 200),
        ({"role": "admin"}, 200),
    ],
)
def test_who_may_verify(register, act, who, status):
    assert act(register(), "verify", **who).status_code == status


def test_a_request_that_is_not_there_is_not_found(grid):
    assert grid.post(f"/requests/{uuid4()}/verify", role="dispatcher").status_code == 404
