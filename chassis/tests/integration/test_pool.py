"""Connections that the server has closed: noticed before they are used again, and asked after only
when idle.
"""

from __future__ import annotations

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
def asked(engine: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The connections that were asked whether they still stand."""
    connections: list[Any] = []
    ask = engine.dialect.do_ping
    monkeypatch.setattr(
        engine.dialect, "do_ping", lambda given: connections.append(given) or ask(given)
    )
    return connections


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


def test_a_connection_used_just_now_is_not_asked(engine: sa.Engine, asked: list[Any]) -> None:
    assert use(engine) == use(engine)
    assert asked == []


def test_a_connection_that_was_idle_is_asked(
    engine: sa.Engine, asked: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = use(engine)
    monkeypatch.setattr(module, "_IDLE_SECONDS", 0.0)
    assert use(engine) == first
    assert len(asked) == 1


def test_who_comes_back_after_a_restart_does_not_notice_it(
    engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = use(engine)
    close_all(engine)
    monkeypatch.setattr(module, "_IDLE_SECONDS", 0.0)
    assert use(engine) != first


def test_who_was_in_the_midst_is_told_once_that_the_database_was_away(engine: sa.Engine) -> None:
    with engine.connect(), engine.connect():
        pass  # two connections in the pool
    close_all(engine)
    with pytest.raises(sa.exc.OperationalError) as caught:
        use(engine)
    assert is_unavailable(caught.value)
    assert use(engine)
