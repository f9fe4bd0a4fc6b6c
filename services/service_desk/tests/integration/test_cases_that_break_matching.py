"""One case that the solver cannot take holds up no other, and nothing is computed for nothing."""

import time
from datetime import timedelta

import pytest
import sqlalchemy as sa
from linli_chassis.process.offload import run_in_process
from linli_chassis.process.worker_process import find_function
from linli_service_desk import metrics
from linli_service_desk.matching import commands

from .desk_under_test import MONDAY, REPAIR, resource_of, verified

ROUNDS = 40

BREAK = sa.text("UPDATE case_file SET priority = 'unheard-of' WHERE case_id = :case_id")
"""As a newer version may have written it: the solver of this one knows no such priority."""

STATES = sa.text("SELECT case_id, state FROM case_file")


ENGINES = """
import signal, time
from linli_service_desk.matching.engine import match

def is_broken(cases):
    return any(case.priority == "unheard-of" for case in cases)

def hang(cases, *args):
    time.sleep(60 * is_broken(cases))
    return match(cases, *args)

def die(cases, *args):
    if is_broken(cases):
        signal.raise_signal(signal.SIGKILL)
    return match(cases, *args)
"""
"""The solver, which never ends when it meets such a case, or is killed with its process."""


@pytest.fixture
def computed(monkeypatch):
    """How many cases each call of the solver was for."""
    sizes = []

    def counted(work, cases, *args, seconds):
        sizes.append(len(cases))
        return find_function(work)(cases, *args)

    monkeypatch.setattr(commands, "run_in_process", counted)
    return sizes


def break_case(desk, case_id):
    with desk.service.unit_of_work() as uow:
        uow.connection.execute(BREAK, {"case_id": case_id})


def laid_aside(desk):
    listed = desk.service.get("/cases?laid_aside=true", role="dispatcher").json["items"]
    return [(case["case_id"], case["laid_aside"]) for case in listed]


def match_until_one_is_laid_aside(desk):
    for _ in range(ROUNDS):
        desk.match()
        if laid_aside(desk):
            return
    raise AssertionError(f"nothing was laid aside in {ROUNDS} rounds")


def states(desk):
    return {row["case_id"]: row["state"] for row in desk.rows(STATES)}


def test_a_case_that_breaks_the_solver_is_laid_aside_and_all_others_are_matched(desk, computed):
    desk.offer(1, capacity_per_day=1000)
    desk.service.deliver(*(verified(time=MONDAY - timedelta(hours=n)) for n in range(21)))
    broken, *sound = states(desk)
    break_case(desk, broken)
    counted = metrics.laid_aside.labels("service_desk", "failed")._value
    before = counted.get()
    for _ in range(ROUNDS):
        desk.match()
    assert laid_aside(desk) == [(str(broken), "failed")]
    assert {states(desk)[case_id] for case_id in sound} == {"dispatched"}
    assert (counted.get(), max(computed)) == (before + 1, 21)
    assert len(computed) < 20  # and no more: the rounds after it started nothing
    new = desk.verify()
    desk.match()
    assert desk.show(new)["state"] == "dispatched"


def test_a_case_laid_aside_is_given_out_by_hand(desk):
    resource_id = desk.offer(1)
    broken = desk.verify()
    break_case(desk, broken)
    match_until_one_is_laid_aside(desk)
    assert desk.show(broken)["laid_aside"] == "failed"
    given = desk.act(broken, "dispatch", {"resource_id": str(resource_id)}, role="dispatcher")
    assert (given["state"], given["laid_aside"]) == ("dispatched", None)


def test_a_case_laid_aside_is_tried_again_the_next_day_and_then_matched(desk, computed):
    desk.offer(1)
    broken = desk.verify()
    break_case(desk, broken)
    match_until_one_is_laid_aside(desk)
    tries = len(computed)
    desk.offer(2)  # wakes those that nobody could take
    desk.match()
    assert len(computed) == tries
    desk.time += timedelta(days=1)
    with desk.service.unit_of_work() as uow:
        uow.connection.execute(sa.text("UPDATE case_file SET priority = 'normal'"))
    desk.match()
    assert desk.show(broken)["state"] == "dispatched"
    assert laid_aside(desk) == []


@pytest.mark.parametrize(("engine", "reason"), [("hang", "timed_out"), ("die", "ended")])
def test_a_solver_that_never_ends_or_is_killed_is_ended_by_the_round(
    desk, monkeypatch, tmp_path, engine, reason
):
    (tmp_path / "engines.py").write_text(ENGINES)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(commands, "run_in_process", run_in_process)
    monkeypatch.setattr(commands, "_ENGINE", f"engines:{engine}")
    monkeypatch.setattr(commands, "_ROUND_SECONDS", 5.0)
    monkeypatch.setattr(commands, "_PROBE_SECONDS", 30.0)
    desk.offer(1)
    broken, sound = desk.verify(), desk.verify()
    break_case(desk, broken)
    began = time.monotonic()
    match_until_one_is_laid_aside(desk)
    desk.match()
    assert time.monotonic() - began < 60
    assert laid_aside(desk) == [(str(broken), reason)]
    assert desk.show(sound)["state"] == "dispatched"


def test_a_solver_that_works_for_nothing_lays_nothing_aside(desk, monkeypatch):
    """Whatever is the matter then, it is not the cases; they are tried again a minute later."""
    desk.offer(1)
    case_id = desk.verify()
    with monkeypatch.context() as broken:
        broken.setattr(commands, "_ENGINE", "linli_service_desk.matching.engine:no_such_function")
        desk.match()
        assert laid_aside(desk) == []
    desk.match()
    assert desk.show(case_id)["state"] == "established"
    desk.time += timedelta(minutes=1)
    desk.match()
    assert desk.show(case_id)["state"] == "dispatched"


def test_cases_that_nobody_can_take_are_computed_once_and_again_when_something_changes(
    desk, computed
):
    desk.offer(1, covers=["110101099"])
    desk.verify()
    for _ in range(5):
        desk.match()
    assert computed == [1]
    desk.offer(2)
    for _ in range(5):
        desk.match()
    assert computed == [1, 1]


def test_for_a_service_that_nobody_offers_nothing_is_computed(desk, computed):
    desk.offer(1)
    case_id = desk.verify(category=REPAIR)
    desk.match()
    assert computed == []
    assert desk.show(case_id)["unmatched_reasons"] == ["no_service"]


def test_for_cases_that_somebody_else_holds_nothing_is_computed(desk, computed):
    desk.offer(1)
    case_id = desk.verify()
    lock = sa.text("SELECT 1 FROM case_file FOR UPDATE")
    with desk.service.unit_of_work() as uow:
        uow.connection.execute(lock)
        desk.match()
    assert computed == []
    desk.match()
    assert desk.show(case_id)["resource_id"] == str(resource_of(1))
