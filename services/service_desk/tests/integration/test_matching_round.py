"""Rounds of matching on a real database: capacity, retries, and two replicas at once."""

import threading
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from linli_chassis.storage.records import fetch_one
from linli_contracts.events.organization.resources import ResourceChanged, ResourceWithdrawn
from linli_devkit.contracts.examples import example_event
from linli_service_desk.cases import Case
from linli_service_desk.cases.queries import usual_resources
from linli_service_desk.cases.tables.declarations import case_file
from linli_service_desk.matching import commands

from .desk_under_test import (
    GRID,
    REPAIR,
    VISIT,
    offered,
    resource_of,
    resource_state,
    unit_of,
    verified,
)

DISPATCHES_BY_RESOURCE = sa.text(
    "SELECT resource_id, count(*) AS n FROM case_dispatch GROUP BY resource_id"
)


def test_a_round_with_nobody_waiting_changes_nothing(desk):
    desk.offer(1)
    desk.match()
    assert desk.service.published() == []


def test_capacity_is_of_the_day_and_the_rest_is_served_the_next(desk):
    desk.offer(1, capacity_per_day=2)
    cases = [desk.verify() for _ in range(3)]
    desk.match()
    desk.match()
    states = [desk.show(case)["state"] for case in cases]
    assert Counter(states) == {"dispatched": 2, "established": 1}
    left = cases[states.index("established")]
    assert desk.event_names(left) == ["case_opened", "case_unmatched"]
    desk.time += timedelta(days=1)
    desk.match()
    assert desk.show(left)["state"] == "dispatched"


def test_a_declined_case_does_not_give_the_place_of_the_day_back(desk):
    desk.offer(1, capacity_per_day=1)
    desk.act(desk.dispatched(), "decline", {"reason": "no_capacity"})
    other = desk.verify()
    desk.match()
    assert desk.events(other, "case_unmatched")[0].data["reason"] == "no_capacity"


def test_a_need_that_nobody_serves_is_published_once_and_served_as_soon_as_somebody_does(desk):
    case_id = desk.verify(category=REPAIR)
    desk.match()
    desk.match()
    unmatched = desk.events(case_id, "case_unmatched")
    assert [(event.data["reason"], event.data["region_code"]) for event in unmatched] == [
        ("no_service", "110101001001001")
    ]
    desk.offer(1)  # something else
    desk.match()
    changed = example_event(ResourceChanged, sequence=2, **resource_state(1, services=[REPAIR]))
    desk.service.deliver(changed)
    desk.match()
    assert desk.show(case_id)["state"] == "dispatched"
    assert len(desk.events(case_id, "case_unmatched")) == 1


def test_a_withdrawn_resource_is_given_nothing_but_keeps_what_it_has(desk):
    desk.offer(1)
    had = desk.dispatched()
    desk.service.deliver(
        example_event(
            ResourceWithdrawn,
            sequence=2,
            resource_id=resource_of(1),
            unit_id=unit_of(1),
            reason="closed",
        )
    )
    new = desk.verify()
    desk.match()
    assert desk.show(new)["unmatched_reasons"] == ["no_service"]
    desk.act(had, "accept", role="provider", unit=unit_of(1))


def test_a_case_outside_every_grid_goes_to_who_serves_the_whole_district(desk):
    desk.offer(1)
    case_id = desk.verify(grid_code=None, location_status="outside", place=None)
    desk.match()
    assert desk.events(case_id, "case_unmatched")[0].data["region_code"] is None
    desk.offer(2, covers=["110101"])
    desk.match()
    assert desk.show(case_id)["resource_id"] == str(resource_of(2))


def test_a_dispatcher_gives_a_case_out_by_hand_but_not_beyond_capacity(desk):
    desk.offer(
        1, capacity_per_day=1, covers=["110101099"]
    )  # elsewhere: for the dispatcher to judge
    first, second = desk.verify(), desk.verify()
    to = {"resource_id": str(resource_of(1))}
    case = desk.act(first, "dispatch", to, role="dispatcher", region="110101001")
    assert (case["state"], case["match"]["by"]) == ("dispatched", "dispatcher")
    refused = desk.try_to(second, "dispatch", to)
    assert (refused.status_code, refused.json["type"]) == (
        409,
        "urn:linli:problem:capacity-used-up",
    )
    unknown = desk.try_to(second, "dispatch", {"resource_id": str(resource_of(9))})
    assert (unknown.status_code, unknown.json["errors"][0]["pointer"]) == (422, "/resource_id")
    assert desk.try_to(first, "dispatch", to).status_code == 409


def test_who_served_the_same_need_in_the_same_grid_is_chosen_again(desk):
    desk.offer(2)
    desk.closed()
    desk.offer(1)  # as near, and with nothing to do
    assert desk.show(desk.dispatched())["resource_id"] == str(resource_of(2))


@pytest.mark.parametrize("replicas", [2, 4])
def test_rounds_of_several_replicas_at_once_never_exceed_capacity(desk, replicas):
    desk.service.deliver(*(offered(n, capacity_per_day=5) for n in range(1, 5)))
    desk.service.deliver(*(verified() for _ in range(60)))
    start, failures = threading.Barrier(replicas), []

    def round_of_a_replica():
        try:
            with desk.service.unit_of_work() as uow:
                start.wait(timeout=30)
                commands.match_waiting(uow)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=round_of_a_replica) for _ in range(replicas)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert {row["n"] for row in desk.rows(DISPATCHES_BY_RESOURCE)} == {5}
    dispatched = [
        event.subject for event in desk.service.published() if ".case_dispatched." in event.type
    ]
    assert len(dispatched) == len(set(dispatched)) == 20


def test_by_hand_and_by_the_timer_at_once_never_exceed_capacity(desk):
    desk.offer(1, capacity_per_day=1)
    case_id = desk.verify(
        category=REPAIR
    )  # which the resource does not offer until it changes below
    desk.service.deliver(
        example_event(
            ResourceChanged, sequence=2, **resource_state(1, capacity_per_day=1, services=[REPAIR])
        )
    )
    desk.service.deliver(verified(category=REPAIR))
    threads = [
        threading.Thread(target=desk.match),
        threading.Thread(
            target=desk.try_to, args=(case_id, "dispatch", {"resource_id": str(resource_of(1))})
        ),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [row["n"] for row in desk.rows(DISPATCHES_BY_RESOURCE)] == [1]


def test_the_last_server_is_found_by_one_probe_for_each_grid_and_service(desk):
    desk.offer(1)
    for _ in range(2):
        desk.closed()
    explain = "EXPLAIN (FORMAT JSON) "
    with desk.service.unit_of_work() as uow:
        uow.connection.execute(sa.text("SET LOCAL enable_seqscan = off"))
        statements = []
        sa.event.listen(
            uow.connection, "before_cursor_execute", lambda *call: statements.append(call[2:4])
        )
        waiting = [replace(_case(uow), grid_code=f"11010100100100{n}") for n in range(1, 4)]
        assert usual_resources(uow.connection, waiting) == {(GRID, VISIT): resource_of(1)}
        sql, parameters = statements[-1]
        plan = uow.connection.exec_driver_sql(explain + sql, parameters).scalar()
    assert "case_file_served" in str(plan)
    assert "Sort" not in str(plan)


def _case(uow):
    return fetch_one(uow.connection, sa.select(case_file).limit(1), Case)


def test_a_region_is_found_by_its_prefix_in_an_index(desk):
    desk.verify()
    with desk.service.unit_of_work() as uow:
        uow.connection.execute(sa.text("SET LOCAL enable_seqscan = off"))
        query = "EXPLAIN SELECT 1 FROM case_file WHERE grid_code LIKE '110101001%' ESCAPE '/'"
        plan = "\n".join(uow.connection.execute(sa.text(query)).scalars())
    assert "Index Cond: ((grid_code ~>=~ '110101001'" in plan
