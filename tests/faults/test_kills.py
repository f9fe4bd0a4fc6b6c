"""Processes killed where it hurts most, stopped under load, replaced one after the other."""

from __future__ import annotations

from contextlib import ExitStack, closing
from pathlib import Path

import psycopg2
import pytest
from linli_chassis.process import failpoints
from linli_devkit.ports import free_ports
from linli_devkit.processes import eventually

from .environment import FaultEnvironment

pytestmark = pytest.mark.faults

DEATHS = {
    "service killed before commit": ("grid", failpoints.BEFORE_COMMIT, 8),
    "service killed after commit, before it answers": ("grid", failpoints.AFTER_COMMIT, 8),
    "consumer killed before commit": ("service_desk", failpoints.EFFECT_BEFORE_COMMIT, 5),
    "consumer killed after commit, before ack": ("evaluation", failpoints.BEFORE_ACK, 5),
    "relay killed between confirm and mark": ("grid relay", failpoints.AFTER_CONFIRM, 4),
}


@pytest.mark.parametrize("fault", DEATHS)
def test_a_process_killed_at_the_worst_moment_loses_and_doubles_nothing(
    environment: FaultEnvironment, fault: str
) -> None:
    name, place, times = DEATHS[fault]
    with environment.trial(fault, crashes=[name], events_within=40, answers_within=10) as trial:
        environment.die_at(name, place, times)
        trial.healed()
        trial.passed(10)


def test_processes_asked_to_stop_under_load_finish_what_they_have_in_hand(
    environment: FaultEnvironment,
) -> None:
    names = ["grid", "grid relay", "service_desk", "service_desk relay", "evaluation"]
    with environment.trial(
        "SIGTERM under load", crashes=names, events_within=30, answers_within=10
    ) as trial:
        for name in names:
            stopped = environment.child(name).process
            environment.terminate(name)
            assert stopped is not None
            assert stopped.returncode == 0, environment.child(name).end_of_log()
            trial.passed(5)
        trial.healed()


def test_two_replicas_are_replaced_one_after_the_other_and_one_always_serves(
    environment: FaultEnvironment, tmp_path: Path
) -> None:
    names = ["grid", "service_desk", "evaluation"]
    port = free_ports(len(names))
    urls = [environment.platform.url("grid", ""), f"http://127.0.0.1:{port}/api/grid/v1"]
    with ExitStack() as stack:
        replicas = [
            stack.enter_context(environment.replica(name, port + n, tmp_path))
            for n, name in enumerate(names)
        ]
        with environment.trial(
            "expanded, then two replicas replaced in turn",
            urls=urls,
            crashes=names,
            events_within=30,
            answers_within=10,
        ) as trial:
            expand(environment)
            for name in names:
                environment.terminate(name)
                trial.passed(10)
            for replica in replicas:
                replica.stop()
                trial.passed(5)
            trial.healed()


def expand(environment: FaultEnvironment) -> None:
    """Migrate as an upgrade does while the old version works: a column, an index, both unused."""
    with closing(psycopg2.connect(environment.database_url)) as connection:
        connection.autocommit = True
        cursor = connection.cursor()
        cursor.execute("SET lock_timeout = '2s'")
        for table in ("grid.request", "evaluation.fact"):
            cursor.execute(f"ALTER TABLE {table} ADD COLUMN upgraded_at timestamptz")
            cursor.execute(f"CREATE INDEX CONCURRENTLY ON {table} (upgraded_at)")


def test_a_standby_takes_over_from_a_relay_that_stands_still(
    environment: FaultEnvironment, tmp_path: Path
) -> None:
    standby = environment.standby("grid", tmp_path)
    with (
        environment.trial(
            "relay frozen, standby takes over", events_within=80, answers_within=5
        ) as trial,
        standby.running(),
    ):
        eventually(lambda: "linli-relay-grid" in sessions(environment, 2), seconds=30, every=0.1)
        with environment.frozen("grid relay"):
            trial.passed(10)
            trial.healed()
            eventually(lambda: "events published" in standby.log.read_text(), seconds=90, every=0.1)
        trial.passed(5)


def sessions(environment: FaultEnvironment, count: int) -> list[str]:
    """The applications that have at least this many sessions on the database."""
    sql = "SELECT application_name FROM pg_stat_activity GROUP BY 1 HAVING count(*) >= %s"
    return [name for (name,) in environment.rows(sql, count)]
