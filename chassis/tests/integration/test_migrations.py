"""What a service makes of a database that is behind it, or ahead of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory
from linli_chassis.environment import BadSettings
from linli_chassis.storage import database as module
from linli_chassis.storage.database import create_engine, migrate, pending_migrations
from linli_contracts.manifest import api_services
from linli_devkit.client import ENVIRON
from linli_devkit.rabbitmq import free_port


@pytest.fixture
def engine(database: Callable[[list[str]], str]) -> Iterator[sa.Engine]:
    engine = create_engine(database(["grid"]), "grid", pool_size=1)
    yield engine
    engine.dispose()


def test_a_migrated_database_is_up_to_date_and_migrating_again_changes_nothing(
    engine: sa.Engine,
) -> None:
    assert pending_migrations(engine, "grid") == []
    migrate(engine.url.render_as_string(hide_password=False), "grid")
    assert pending_migrations(engine, "grid") == []


def test_a_database_that_is_behind_names_what_it_lacks(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM alembic_version WHERE version_num LIKE 'grid_%'"))
    assert pending_migrations(engine, "grid") == ["grid_0001"]


def test_a_database_that_is_ahead_of_the_code_is_no_reason_to_stop(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.execute(
            sa.text(
                "UPDATE alembic_version SET version_num = 'chassis_9999' WHERE version_num ~ '^chassis'"
            )
        )
    assert pending_migrations(engine, "grid") == []


def test_an_empty_database_lacks_everything(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.execute(sa.text("DROP TABLE alembic_version"))
    heads = ScriptDirectory.from_config(module._alembic("grid")).get_heads()
    assert pending_migrations(engine, "grid") == sorted(heads)


@pytest.mark.parametrize("service", api_services())
def test_the_newest_revisions_are_those_that_alembic_finds(service: str) -> None:
    heads = ScriptDirectory.from_config(module._alembic(service)).get_heads()
    assert sorted(map(module._head, module._version_folders(service))) == sorted(heads)


def test_a_database_that_cannot_hold_every_text_is_refused(
    database: Callable[[list[str]], str],
) -> None:
    url = sa.make_url(database([]))
    server = sa.create_engine(
        url.set(drivername="postgresql+psycopg2"), isolation_level="AUTOCOMMIT"
    )
    try:
        with server.connect() as connection:
            connection.execute(
                sa.text("CREATE DATABASE narrow ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0")
            )
            try:
                with pytest.raises(BadSettings, match="encoding of this database is SQL_ASCII"):
                    migrate(
                        url.set(database="narrow").render_as_string(hide_password=False), "grid"
                    )
            finally:
                connection.execute(sa.text("DROP DATABASE narrow WITH (FORCE)"))
    finally:
        server.dispose()


def test_a_database_that_cannot_be_reached_is_told_in_one_line() -> None:
    environ = {
        **os.environ,
        **ENVIRON,
        "DATABASE_URL": f"postgresql://linli@127.0.0.1:{free_port()}/linli",
    }
    words = [sys.executable, "-m", "linli_chassis", "migrate", "grid"]
    done = subprocess.run(words, env=environ, capture_output=True, text=True, check=False)  # noqa: S603  # our own
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    said = json.loads(line)
    assert (said["event"], said["service"]) == ("the database cannot be reached", "grid")
    assert "Connection refused" in said["error"]
