"""The schema `webhooks` is made by the migrations of the chassis, also where it stood before."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import pytest
import sqlalchemy as sa
from linli_chassis.storage.database import migrate, pending_migrations
from linli_devkit.postgres import PostgresServer
from linli_webhooks.endpoints import endpoints
from linli_webhooks.tables import SCHEMA, endpoint, engine_of, metadata

ENDPOINT_ID = UUID("0192f0c1-0000-7000-8000-000000000000")


@pytest.fixture
def database_url(postgres: PostgresServer) -> Iterator[str]:
    with postgres.database([]) as url:
        yield url


@pytest.fixture
def engine(database_url: str) -> Iterator[sa.Engine]:
    engine = engine_of(database_url)
    yield engine
    engine.dispose()


def columns(engine: sa.Engine) -> dict[str, set[str]]:
    inspector = sa.inspect(engine)
    return {
        name: {str(column["name"]) for column in inspector.get_columns(name, SCHEMA)}
        for name in inspector.get_table_names(SCHEMA)
    }


def test_a_new_schema_has_the_tables_that_the_code_declares(
    database_url: str, engine: sa.Engine
) -> None:
    migrate(database_url, SCHEMA)
    migrate(database_url, SCHEMA)
    assert pending_migrations(engine, SCHEMA) == []
    columns_by_table = columns(engine)
    for table in metadata.sorted_tables:
        assert columns_by_table[table.name] == set(table.columns.keys())


def test_a_schema_that_its_own_migrations_once_made_is_kept_as_it_is(
    database_url: str, engine: sa.Engine
) -> None:
    with engine.begin() as connection:
        connection.execute(sa.schema.CreateSchema(SCHEMA))
        metadata.create_all(connection)
        version = "CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)"
        connection.execute(sa.text(version))
        connection.execute(sa.text("INSERT INTO alembic_version VALUES ('webhooks_0001')"))
        values = {"url": "https://x.example", "types": ["linli.*"], "secret": "encrypted"}
        allowed = {"allow_http": False, "allow_private": False}
        row = {"endpoint_id": ENDPOINT_ID, **values, **allowed}
        connection.execute(sa.insert(endpoint).values(**row))
    migrate(database_url, SCHEMA)
    assert pending_migrations(engine, SCHEMA) == []
    with engine.connect() as connection:
        [migrated] = endpoints(connection)
        versions = connection.scalars(sa.text("SELECT version_num FROM alembic_version")).all()
    assert (migrated.endpoint_id, migrated.types, migrated.pending) == (ENDPOINT_ID, ["linli.*"], 0)
    assert "webhooks_0001" in versions
