from uuid import uuid4

import pytest
from linli_contracts.events.grid.staffing import WorkerAssigned
from linli_grid.staffing.domain import DutyChange
from linli_grid.staffing.tables import save_duty
from linli_grid.territory import lock_grid
from sqlalchemy.exc import IntegrityError, OperationalError

from .factories import COMMUNITY, OTHER_COMMUNITY, events_of

GRID = f"{COMMUNITY}001"


@pytest.fixture
def give(grid):
    def put(worker_id, duty, code=GRID, **more):
        return grid.put(
            f"/grids/{code}/workers/{worker_id}",
            json={"duty": duty},
            **{"role": "dispatcher", **more},
        )

    return put


def changes_published(service):
    events = events_of(service, WorkerAssigned)
    return [(event.data["worker_id"], event.data["duty"], event.data["active"]) for event in events]


def test_a_second_full_time_worker_is_refused_naming_the_first(grid, give):
    first, second = uuid4(), uuid4()
    assert give(first, "full_time").status_code == 200
    refused = give(second, "full_time")
    assert refused.status_code == 409
    assert refused.json["type"] == "urn:linli:problem:duty-taken"
    assert str(first) in refused.json["detail"]
    assert changes_published(grid) == [(first, "full_time", True)]


def test_any_number_is_part_time_and_one_is_the_deputy(grid, give):
    workers = [uuid4() for _ in range(4)]
    assert [give(worker, "part_time").status_code for worker in workers[:2]] == [200, 200]
    assert give(workers[2], "deputy").status_code == 200
    assert give(workers[3], "deputy").status_code == 409


def test_a_grid_falls_to_its_deputy_when_the_full_time_worker_is_relieved(grid, give):
    full_time, deputy = uuid4(), uuid4()
    give(deputy, "deputy")
    assert give(full_time, "full_time").json["responsible_worker_id"] == str(full_time)
    answer = grid.delete(f"/grids/{GRID}/workers/{full_time}", role="dispatcher")
    assert answer.json["responsible_worker_id"] == str(deputy)
    assert changes_published(grid)[-1] == (full_time, "full_time", False)
    (finding,) = [f for f in grid.get("/coverage").json["findings"] if f["grid_code"] == GRID]
    assert finding["deputy_worker_id"] == str(deputy)


def test_a_worker_who_changes_duty_lays_the_old_one_down(grid, give):
    worker = uuid4()
    give(worker, "deputy")
    assert give(worker, "deputy").status_code == 200
    answer = give(worker, "full_time").json
    assert answer["workers"] == [{"worker_id": str(worker), "duty": "full_time"}]
    assert changes_published(grid) == [
        (worker, "deputy", True),
        (worker, "deputy", False),
        (worker, "full_time", True),
    ]


def test_a_fully_staffed_grid_is_no_finding(grid, give):
    give(uuid4(), "full_time")
    assert GRID not in [finding["grid_code"] for finding in grid.get("/coverage").json["findings"]]


def test_what_cannot_be_assigned_is_refused(grid, give):
    assert give(uuid4(), "king").status_code == 422
    assert give(uuid4(), "full_time", code=f"{COMMUNITY}009").status_code == 404
    assert give(uuid4(), "full_time", region=OTHER_COMMUNITY).status_code == 403
    assert give(uuid4(), "full_time", role="grid_worker").status_code == 403
    assert give(uuid4(), "full_time", role=None).status_code == 401
    assert grid.delete(f"/grids/{GRID}/workers/{uuid4()}").status_code == 404
    assert grid.delete(f"/grids/{COMMUNITY}009/workers/{uuid4()}").status_code == 404
    assert changes_published(grid) == []


def test_duties_in_a_grid_are_given_one_by_one(grid):
    with grid.unit_of_work() as first, grid.unit_of_work() as second:
        assert lock_grid(first.connection, GRID)
        second.connection.exec_driver_sql("SET LOCAL lock_timeout = '50ms'")
        savepoint = second.connection.begin_nested()
        with pytest.raises(OperationalError, match="lock timeout"):
            lock_grid(second.connection, GRID)
        savepoint.rollback()


def test_the_database_itself_holds_one_full_time_worker_per_grid(grid):
    with grid.unit_of_work() as uow:
        save_duty(uow.connection, GRID, DutyChange(uuid4(), "full_time", active=True), uow.now)
        savepoint = uow.connection.begin_nested()
        with pytest.raises(IntegrityError, match="assignment_held_by_one"):
            save_duty(uow.connection, GRID, DutyChange(uuid4(), "full_time", active=True), uow.now)
        savepoint.rollback()
