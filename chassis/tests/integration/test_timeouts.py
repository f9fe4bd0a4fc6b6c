"""A database that does not reply, a statement that takes long, and a table that another locks."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from time import monotonic

import pytest
import sqlalchemy as sa
from linli_chassis.process.runtime import Runtime
from linli_chassis.settings import Settings
from linli_chassis.storage import timeouts
from linli_chassis.storage.database import create_engine, is_canceled, is_unavailable
from linli_chassis.storage.timeouts import Timeouts
from linli_devkit.client import ENVIRON

BRIEF = Timeouts(statement=0.3, lock=0.2, margin=0.2)


@pytest.fixture
def url(database: Callable[[list[str]], str]) -> str:
    return database([])


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timeouts, "CONNECT_SECONDS", 0.5)


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port whose connections are accepted by the system, and by nobody else."""
    with socket.create_server(("127.0.0.1", 0), backlog=16) as server:
        yield server.getsockname()[1]


@pytest.mark.usefixtures("impatient")
def test_connecting_to_a_peer_that_never_replies_ends(silent_port: int) -> None:
    engine = create_engine(f"postgresql://u:p@127.0.0.1:{silent_port}/d", "grid", pool_size=1)
    began = monotonic()
    for _ in range(2):  # the first gives its place in the pool back
        with pytest.raises(sa.exc.OperationalError) as caught, engine.connect():
            pass
        assert is_unavailable(caught.value)
    assert monotonic() - began < 4
    engine.dispose()


@pytest.mark.usefixtures("impatient")
def test_a_query_that_nobody_replies_to_ends_and_the_next_one_has_a_new_connection(
    url: str,
) -> None:
    engine = create_engine(
        url, "public", pool_size=1, timeouts=BRIEF, session={"statement_timeout": "0"}
    )
    with engine.connect() as connection:
        first = connection.scalar(sa.text("SELECT pg_backend_pid()"))
        began = monotonic()
        with pytest.raises(sa.exc.OperationalError) as caught:
            connection.execute(sa.text("SELECT pg_sleep(20)"))
        assert monotonic() - began < 5
        assert is_unavailable(caught.value)
        assert connection.invalidated
    with engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT pg_backend_pid()")) != first
    engine.dispose()


def test_a_statement_that_takes_long_is_canceled_by_the_server(url: str) -> None:
    engine = create_engine(url, "public", pool_size=1, timeouts=BRIEF)
    with engine.connect() as connection, pytest.raises(sa.exc.OperationalError) as caught:
        connection.execute(sa.text("SELECT pg_sleep(20)"))
    assert is_canceled(caught.value)
    assert not is_unavailable(caught.value)
    engine.dispose()


def test_a_lock_that_another_holds_for_long_is_unavailable(url: str) -> None:
    engine = create_engine(url, "public", pool_size=2, timeouts=BRIEF)
    with engine.begin() as holder, engine.connect() as other:
        holder.execute(sa.text("CREATE TABLE mine ()"))
        holder.execute(sa.text("SELECT pg_advisory_xact_lock(7)"))
        with pytest.raises(sa.exc.OperationalError) as caught:
            other.execute(sa.text("SELECT pg_advisory_xact_lock(7)"))
    assert is_unavailable(caught.value)
    engine.dispose()


def test_a_batch_of_events_may_take_longer_than_a_request_and_only_for_itself(url: str) -> None:
    environ = {
        **ENVIRON,
        "DATABASE_URL": url,
        "LINLI_STATEMENT_SECONDS": "10",
        "LINLI_BATCH_STATEMENT_SECONDS": "60",
    }
    runtime = Runtime.of("grid", Settings.load(environ))
    shown = []
    for open_unit in (runtime.unit_of_work, runtime.long_unit_of_work, runtime.unit_of_work):
        with open_unit() as uow:
            driver = uow.connection.connection.driver_connection
            assert isinstance(driver, timeouts.BoundedConnection)
            limit = uow.connection.scalar(sa.text("SHOW statement_timeout"))
            shown.append((limit, driver.reply_seconds))
    assert shown == [("10s", 15.0), ("1min", 65.0), ("10s", 15.0)]
    runtime.engine.dispose()
