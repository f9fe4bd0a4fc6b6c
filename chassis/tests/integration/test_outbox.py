"""Writing to the outbox: numbers without gaps or doubles, in order, and what wakes the relay."""

from __future__ import annotations

import random
import select
import statistics
import tempfile
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import monotonic
from typing import Any
from uuid import UUID, uuid4

import psycopg2
import pytest
import sqlalchemy as sa
from linli_chassis.messaging.outbox import WAKE_SECONDS, channel_of
from linli_chassis.messaging.relay import TAKE_OVER_SECONDS
from linli_chassis.process.runtime import Runtime, relay_of
from linli_chassis.settings import ProcessSettings, Settings
from linli_contracts.events.grid.requests import RequestLinked, RequestRejected
from linli_devkit.bus_environment import SCHEMAS, Bus
from linli_devkit.client import ENVIRON
from linli_devkit.contracts.examples import example_event
from linli_devkit.own_postgres import OwnPostgres, own_postgres
from linli_devkit.processes import eventually
from linli_devkit.proxy import Proxy

WRITERS, UNITS = 6, 60


@pytest.fixture
def url(database: Callable[[list[str]], str]) -> str:
    return database(["grid"])


@pytest.fixture
def replicas(url: str) -> Iterator[list[Runtime]]:
    settings = Settings.load({**ENVIRON, "DATABASE_URL": url})
    runtimes = [Runtime.of("grid", settings) for _ in range(2)]
    yield runtimes
    for runtime in runtimes:
        runtime.engine.dispose()


@pytest.mark.parametrize("seed", range(3))
def test_aggregates_are_numbered_without_gaps_in_order_whoever_writes(
    replicas: list[Runtime], seed: int
) -> None:
    subjects = [uuid4() for _ in range(100)]
    written = [Counter[UUID]() for _ in range(WRITERS)]
    writers = [
        threading.Thread(
            target=write, args=(replicas[n % 2], random.Random(f"{seed} {n}"), subjects, counts)
        )
        for n, counts in enumerate(written)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    committed = sum(written, Counter[UUID]())
    numbers, last = defaultdict(list), {}
    with replicas[0].engine.connect() as connection:
        for headers in connection.scalars(sa.text("SELECT headers FROM outbox ORDER BY seq")):
            numbers[UUID(headers["ce-subject"])].append(int(headers["ce-sequence"]))
        for row in connection.execute(sa.text("SELECT subject, sequence FROM stream")):
            last[UUID(row.subject)] = row.sequence
    assert numbers == {subject: list(range(1, n + 1)) for subject, n in committed.items()}
    assert last == committed


def write(
    replica: Runtime, chance: random.Random, subjects: list[UUID], committed: Counter[UUID]
) -> None:
    """Commit units of work with events of old and new aggregates; every seventh is rolled back."""
    linked = {**example_event(RequestLinked).data}
    for _ in range(UNITS):
        # Nobody has written yet of the later ones at first.
        chosen = chance.choices(subjects, k=chance.choice([1, 1, 1, 2, 4]))
        try:
            with replica.unit_of_work() as uow:
                for subject in chosen:
                    if chance.random() < 0.5:
                        uow.emit(RequestRejected(request_id=subject, reason="repeated"))
                    else:
                        uow.emit(RequestLinked(**{**linked, "request_id": subject}))
                uow.flush()
                if chance.random() < 1 / 7:
                    raise Undecided
        except Undecided:
            continue
        committed.update(chosen)


class Undecided(Exception):
    """The unit of work is rolled back after its events were numbered."""


def test_a_first_event_is_written_in_one_statement_and_a_later_one_in_two(
    replicas: list[Runtime],
) -> None:
    first, second = uuid4(), uuid4()
    assert statements(replicas[0], first) == 2  # which types begin aggregates is not known yet
    assert statements(replicas[0], second) == 1
    assert statements(replicas[0], second) == 3
    assert statements(replicas[0], second) == 2


def statements(replica: Runtime, subject: UUID) -> int:
    sent: list[str] = []

    def note(*arguments: Any) -> None:
        sent.append(arguments[2])

    with replica.unit_of_work() as uow:
        uow.emit(RequestRejected(request_id=subject, reason="repeated"))
        sa.event.listen(uow.connection, "before_cursor_execute", note)
        uow.flush()
    return len(sent)


def test_commits_in_a_row_wake_the_relay_once(replicas: list[Runtime], url: str) -> None:
    with listening(url) as notified:
        began = monotonic()
        for _ in range(50):
            emit(replicas[0])
        count, seconds = notified(), monotonic() - began
    assert 1 <= count <= 1 + seconds / WAKE_SECONDS < 50


@contextmanager
def listening(url: str) -> Iterator[Callable[[], int]]:
    connection = psycopg2.connect(url.replace("+psycopg2", ""))
    connection.autocommit = True
    connection.cursor().execute(f"LISTEN {channel_of('grid')}")

    def notified() -> int:
        select.select([connection], [], [], 5)
        connection.poll()
        return len(connection.notifies)

    yield notified
    connection.close()


def test_a_commit_that_wakes_nobody_is_published_soon(make_bus: Callable[..., Bus]) -> None:
    bus, waited = make_bus(), []
    pending = "SELECT count(*) FROM outbox WHERE published_at IS NULL"
    with bus.relay():
        for _ in range(7):
            bus.reject()  # wakes the relay
            bus.reject()  # does not
            began = monotonic()
            eventually(lambda: bus.count(pending, "grid") == 0, every=0.01)
            waited.append(monotonic() - began)
    assert statistics.median(waited) < 0.4  # the look of an idle relay comes each second


@pytest.fixture
def own_server() -> Iterator[OwnPostgres]:
    """A server that is reached over the network."""
    with tempfile.TemporaryDirectory(prefix="linli-cut-off-") as folder:
        Path(folder).chmod(0o755)  # the server may not run as root
        with own_postgres(Path(folder)) as server:
            yield server


def test_a_standby_takes_over_in_time_from_a_relay_that_is_cut_off(own_server: OwnPostgres) -> None:
    to_server = Proxy(("127.0.0.1", own_server.port))
    with own_server.database(SCHEMAS) as url, to_server.running() as proxy, ExitStack() as stack:
        through = {**ENVIRON, "DATABASE_URL": url.replace(str(own_server.port), str(proxy.port))}
        direct = {**ENVIRON, "DATABASE_URL": url}
        producer = Runtime.of("grid", Settings.load(direct))
        stack.callback(producer.engine.dispose)
        stack.enter_context(running(through))
        emit(producer)
        eventually(lambda: published(producer) == 1)
        stack.enter_context(running(direct))
        proxy.black_hole = True
        stack.callback(setattr, proxy, "black_hole", False)
        began = monotonic()
        emit(producer)
        eventually(lambda: published(producer) == 2, seconds=60, every=0.1)
        assert monotonic() - began < TAKE_OVER_SECONDS + 10


@contextmanager
def running(environ: dict[str, str]) -> Iterator[None]:
    """A relay in a thread."""
    relay = relay_of("grid", ProcessSettings.load(environ))
    thread = threading.Thread(target=relay.run)
    thread.start()
    try:
        yield
    finally:
        relay.stop()
        thread.join(30)
        assert not thread.is_alive()


def emit(producer: Runtime) -> None:
    with producer.unit_of_work() as uow:
        uow.emit(RequestRejected(request_id=uuid4(), reason="repeated"))


def published(producer: Runtime) -> int:
    count = sa.text("SELECT count(*) FROM outbox WHERE published_at IS NOT NULL")
    with producer.engine.connect() as connection:
        return int(connection.scalar(count) or 0)
