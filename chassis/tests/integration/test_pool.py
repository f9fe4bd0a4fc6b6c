"""Connections that the server has closed are noticed before they are used again."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from linli_chassis.storage.database import create_engine, is_unavailable

BACKEND = sa.text("SELECT pg_backend_pid()")


@pytest.fixture
def engine(database: Callable[[list[str]], str]) -> Iterator[sa.Engine]:
    engine = create_engine(database([]), "public", pool_size=2)
    yield engine
    engine.dispose()


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


def test_a_connection_is_used_again(engine: sa.Engine) -> None:
    assert use(engine) == use(engine)


def test_who_comes_back_after_a_restart_does_not_notice_it(engine: sa.Engine) -> None:
    first = use(engine)
    close_all(engine)
    assert use(engine) != first


def test_no_connection_of_a_pool_is_used_after_a_restart(engine: sa.Engine) -> None:
    with engine.connect(), engine.connect():
        pass  # two connections in the pool
    close_all(engine)
    with engine.connect() as one, engine.connect() as other:
        assert one.scalar(BACKEND) != other.scalar(BACKEND)


def test_who_was_in_the_midst_gets_one_error_for_it(
    engine: sa.Engine,
) -> None:
    with engine.connect() as connection:
        connection.execute(BACKEND)
        close_all(engine)
        with pytest.raises(sa.exc.OperationalError) as caught:
            connection.execute(BACKEND)
    assert is_unavailable(caught.value)
    assert use(engine)
