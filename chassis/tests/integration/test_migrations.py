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
from linli_contracts.manifest import installed_services
from linli_devkit.client import ENVIRON
from linli_devkit.ports import free_port


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
        gone = connection.scalars(
            sa.text("DELETE FROM alembic_version WHERE version_num ~ '^grid' RETURNING version_num")
        ).all()
    assert len(gone) == 1
    assert pending_migrations(engine, "grid") == gone


def test_a_database_that_is_ahead_of_the_code_is_no_reason_to_stop(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.execute(
            sa.text(
                "UPDATE alembic_version SET version_num = 'chassis_9999'"
                " WHERE version_num ~ '^chassis'"
            )
        )
    assert pending_migrations(engine, "grid") == []
    migrate(engine.url.render_as_string(hide_password=False), "grid")  # as on the way back
    assert pending_migrations(engine, "grid") == []


def test_an_empty_database_lacks_everything(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.execute(sa.text("DROP TABLE alembic_version"))
    heads = ScriptDirectory.from_config(module._alembic("grid")).get_heads()
    assert pending_migrations(engine, "grid") == sorted(heads)


@pytest.mark.parametrize("service", installed_services())
def test_the_newest_revisions_are_those_that_alembic_finds(service: str) -> None:
    heads = ScriptDirectory.from_config(module._alembic(service)).get_heads()
    assert sorted(map(module._newest_revision, module._version_folders(service))) == sorted(heads)


WEBHOOK_TABLES = {"endpoint", "event", "delivery", "unreadable"}


def tables(engine: sa.Engine) -> set[str]:
    return set(sa.inspect(engine).get_table_names()) - {"alembic_version"}


def test_a_service_without_routes_has_none_of_the_tables_of_the_chassis(
    database: Callable[[list[str]], str],
) -> None:
    engine = create_engine(database(["webhooks"]), "webhooks", pool_size=1)
    assert tables(engine) == WEBHOOK_TABLES
    assert pending_migrations(engine, "webhooks") == []
    engine.dispose()


def test_webhooks_of_the_release_before_are_migrated_on(
    database: Callable[[list[str]], str],
) -> None:
    """That release migrated them by themselves, and so left one revision."""
    url = database(["webhooks"])
    engine = create_engine(url, "webhooks", pool_size=1)
    with engine.begin() as connection:
        revisions = connection.scalars(sa.text("SELECT version_num FROM alembic_version")).all()
        assert revisions == ["webhooks_0001"]
        connection.execute(sa.text("INSERT INTO event VALUES (gen_random_uuid(), 'x', '{}')"))
    migrate(url, "webhooks")
    with engine.begin() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM event")) == 1
    engine.dispose()


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


def test_a_database_that_cannot_be_reached_is_reported_in_one_line() -> None:
    environ = {
        **os.environ,
        **ENVIRON,
        "DATABASE_URL": f"postgresql://linli@127.0.0.1:{free_port()}/linli",
    }
    words = [sys.executable, "-m", "linli_chassis", "migrate", "grid"]
    done = subprocess.run(words, env=environ, capture_output=True, text=True, check=False)  # noqa: S603  # our own
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    log_line = json.loads(line)
    assert (log_line["event"], log_line["service"]) == ("the database cannot be reached", "grid")
    assert "Connection refused" in log_line["error"]
