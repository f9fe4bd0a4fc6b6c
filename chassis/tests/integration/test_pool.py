"""Connections that the server has closed are noticed before use; only idle ones are checked."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from linli_chassis.storage import database as module
from linli_chassis.storage.database import create_engine, is_unavailable

BACKEND = sa.text("SELECT pg_backend_pid()")


@pytest.fixture
def engine(database: Callable[[list[str]], str]) -> Iterator[sa.Engine]:
    engine = create_engine(database([]), "public", pool_size=2)
    yield engine
    engine.dispose()


@pytest.fixture
def pinged(engine: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The connections that were checked before use."""
    connections: list[Any] = []
    ping = engine.dialect.do_ping

    def note(connection: Any) -> bool:
        connections.append(connection)
        return ping(connection)

    monkeypatch.setattr(engine.dialect, "do_ping", note)
    return connections


@pytest.fixture
def idle(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every connection in the pool counts as idle."""
    monkeypatch.setattr(module, "_IDLE_SECONDS", 0.0)


@pytest.fixture
def busy(monkeypatch: pytest.MonkeyPatch) -> None:
    """No connection in the pool counts as idle, however slow the machine is."""
    monkeypatch.setattr(module, "_IDLE_SECONDS", 60.0)


def use(engine: sa.Engine) -> int:
    with engine.begin() as connection:
        return int(connection.scalar(BACKEND) or 0)


def close_all(engine: sa.Engine) -> None:
    """Have the server close every connection of the pool, as when it restarts."""
    other = create_engine(engine.url.render_as_string(hide_password=False), "public", pool_size=1)
    with other.begin() as connection:
        connection.execute(
            sa.text("""
            SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
            WHERE datname = current_database() AND pid != pg_backend_pid()""")
        )
    other.dispose()


@pytest.mark.usefixtures("busy")
def test_a_connection_used_just_now_is_not_checked(engine: sa.Engine, pinged: list[Any]) -> None:
    assert use(engine) == use(engine)
    assert pinged == []


@pytest.mark.usefixtures("idle")
def test_a_connection_that_was_idle_is_checked(engine: sa.Engine, pinged: list[Any]) -> None:
    assert use(engine) == use(engine)
    assert len(pinged) == 1


def test_a_connection_counts_as_idle_after_a_second(engine: sa.Engine, pinged: list[Any]) -> None:
    first = use(engine)
    time.sleep(1.05)
    assert use(engine) == first
    assert len(pinged) == 1


@pytest.mark.usefixtures("idle")
def test_who_comes_back_after_a_restart_does_not_notice_it(engine: sa.Engine) -> None:
    first = use(engine)
    close_all(engine)
    assert use(engine) != first


@pytest.mark.usefixtures("idle")
def test_no_connection_of_a_pool_is_used_after_a_restart(engine: sa.Engine) -> None:
    with engine.connect(), engine.connect():
        pass  # two connections in the pool
    close_all(engine)
    with engine.connect() as one, engine.connect() as other:
        assert one.scalar(BACKEND) != other.scalar(BACKEND)


@pytest.mark.usefixtures("busy")
def test_who_is_not_checked_gets_one_error_for_the_whole_pool(engine: sa.Engine) -> None:
    with engine.connect(), engine.connect():
        pass  # two connections in the pool
    close_all(engine)
    with pytest.raises(sa.exc.OperationalError) as caught:
        use(engine)
    assert is_unavailable(caught.value)
    assert use(engine)


def test_who_was_in_the_midst_gets_one_error_for_it(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        connection.execute(BACKEND)
        close_all(engine)
        with pytest.raises(sa.exc.OperationalError) as caught:
            connection.execute(BACKEND)
    assert is_unavailable(caught.value)
    assert use(engine)
