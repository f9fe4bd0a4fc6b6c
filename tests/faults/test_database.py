"""The database crashes, throws its clients out, lets two of them collide, and runs out of space."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from time import monotonic, sleep

import psycopg2
import pytest
import requests
from linli_devkit.disks import full
from linli_devkit.processes import eventually

from .environment import FaultEnvironment
from .request_load import Entry

pytestmark = pytest.mark.faults


def test_a_database_that_crashes_is_waited_for(environment: FaultEnvironment) -> None:
    with environment.trial(
        "database stopped -m immediate", events_within=30, answers_within=15
    ) as trial:
        environment.postgres.stop("immediate")
        try:
            trial.load.await_failures(6)
            assert health(environment, "healthz") == 200
            assert health(environment, "readyz") == 503
        finally:
            environment.postgres.start()
        trial.healed()
    assert set(trial.load.failures) == {"503"}


def health(environment: FaultEnvironment, page: str) -> int:
    return requests.get(
        environment.platform.url("grid", "").partition("/api")[0] + f"/{page}", timeout=20
    ).status_code


def test_sessions_that_are_ended_are_opened_again(environment: FaultEnvironment) -> None:
    with environment.trial(
        "database ends all sessions", events_within=20, answers_within=5
    ) as trial:
        for _ in range(3):
            end_sessions(environment)
            trial.passed(5)
        trial.healed()


def end_sessions(environment: FaultEnvironment) -> None:
    connection = psycopg2.connect(environment.database_url)
    try:
        sql = (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name LIKE 'linli%'"
        )
        connection.cursor().execute(sql)
    finally:
        connection.close()


def test_a_handler_that_loses_a_deadlock_is_tried_again(environment: FaultEnvironment) -> None:
    """Our session and a handler each hold one of two facts and want the other: a deadlock."""
    before = deadlocks(environment)
    with environment.trial(
        "deadlock between handler and session", events_within=60, answers_within=5
    ) as trial:
        first, second = sorted(registered(environment, trial.load.entries), key=str)
        with psycopg2.connect(environment.database_url) as session:
            cursor = session.cursor()
            cursor.execute(
                "SET deadlock_timeout = '60s'"
            )  # so that the handler is the one who notices, and loses
            cursor.execute("SELECT FROM evaluation.fact WHERE request_id = %s FOR UPDATE", [second])
            publish_together(environment, [first, second])
            eventually(lambda: waits_for(environment, session.info.backend_pid), seconds=30)
            cursor.execute("SELECT FROM evaluation.fact WHERE request_id = %s FOR UPDATE", [first])
        session.close()
        trial.healed()
        trial.passed(5)
        eventually(lambda: deadlocks(environment) > before, seconds=30, every=0.2)
    assert trial.load.failures.total() == 0


def deadlocks(environment: FaultEnvironment) -> int:
    return int(
        environment.one("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    )


def registered(environment: FaultEnvironment, entries: list[Entry]) -> list[str]:
    """Two requests that evaluation knows of and nobody will touch again."""

    def two() -> list[str]:
        ids = [
            entry.request_id for entry in entries if entry.action == "leave" and entry.request_id
        ]
        known = environment.rows(
            "SELECT request_id::text FROM evaluation.fact WHERE request_id = ANY(%s::uuid[])", ids
        )
        return [row[0] for row in known[:2]] if len(known) >= 2 else []

    return eventually(two, seconds=60, every=0.2)


def publish_together(environment: FaultEnvironment, request_ids: list[str]) -> None:
    """Let the events of these requests be handled once more, in one batch."""
    connection = psycopg2.connect(environment.database_url)
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM evaluation.fact_event WHERE request_id = ANY(%s::uuid[])", [request_ids]
        )
        cursor.execute(
            """
            UPDATE evaluation.inbox AS i
            SET state = 'due', next_attempt_at = now(), headers = o.headers,
                body = convert_to(o.body, 'UTF8'),
                content_type = 'application/json'
            FROM grid.outbox AS o WHERE o.event_id = i.event_id
                AND o.headers->>'ce-subject' = ANY(%s)""",
            [request_ids],
        )
        cursor.execute("SELECT pg_notify('linli_inbox_evaluation', '')")
    connection.close()


def waits_for(environment: FaultEnvironment, pid: int) -> bool:
    return bool(
        environment.rows(
            "SELECT pid FROM pg_stat_activity WHERE %s = ANY(pg_blocking_pids(pid))", pid
        )
    )


LOCKED_SECONDS = 30.0
READERS = 20  # more than a service has connections


def test_a_locked_table_is_not_waited_for_without_end(environment: FaultEnvironment) -> None:
    with environment.trial("tables locked for 30 s", events_within=60, answers_within=25) as trial:
        with locked(environment, "grid.request", "evaluation.fact"):
            trial.load.await_failures(3, seconds=LOCKED_SECONDS)
            with ThreadPoolExecutor(READERS) as readers:
                answers = list(readers.map(lambda _: listed(environment), range(READERS)))
        trial.healed()
        assert {status for status, _ in answers} == {503}
        assert max(seconds for _, seconds in answers) < 25
        assert listed(environment)[0] == 200
    assert set(trial.load.failures) == {"503"}


@contextmanager
def locked(environment: FaultEnvironment, *tables: str) -> Iterator[None]:
    """Lock tables as `ALTER TABLE` does for at least `LOCKED_SECONDS`."""
    with closing(psycopg2.connect(environment.database_url)) as session:
        session.cursor().execute(f"LOCK TABLE {', '.join(tables)} IN ACCESS EXCLUSIVE MODE")
        until = monotonic() + LOCKED_SECONDS
        yield
        sleep(max(0.0, until - monotonic()))  # as long as the fault lasts


def listed(environment: FaultEnvironment) -> tuple[int, float]:
    """The status of a GET that reads a locked table, and how long it took."""
    began = monotonic()
    answer = environment.platform.ask("GET", "grid", "/requests")
    return answer.status_code, monotonic() - began


def test_a_database_without_space_takes_nothing_and_loses_nothing(
    environment: FaultEnvironment,
) -> None:
    if not environment.small_disk:
        pytest.skip("a disk that can be filled up needs root, to mount one")
    with environment.trial("database's disk full", events_within=60, answers_within=15) as trial:
        with full(environment.postgres.folder):
            trial.load.await_failures(10, seconds=120)
        trial.healed()
        environment.postgres.ensure_running()
    assert set(trial.load.failures) == {"503"}
