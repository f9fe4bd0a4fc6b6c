"""A PostgreSQL for tests, with databases that cost milliseconds: clones of migrated templates."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg2
import sqlalchemy as sa
from linli.local.postgres import local_postgres
from linli_chassis.storage.database import migrate

SERVER_VARIABLE = "LINLI_TEST_DATABASE_URL"


class PostgresServer:
    """One server for a test run: that of `LINLI_TEST_DATABASE_URL`, or an embedded one."""

    def __init__(self, url: str) -> None:
        self.url = sa.make_url(url).set(drivername="postgresql")
        self._numbers = count(1)
        self._templates: set[str] = set()
        self._prefix = f"linli_test_{os.getpid()}"

    @contextmanager
    def database(self, services: Sequence[str]) -> Iterator[str]:
        """The URL of a fresh database with the schemas of `services`, dropped afterwards."""
        template = self._template(tuple(sorted(services)))
        name = f"{self._prefix}_{next(self._numbers)}"
        self._execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        try:
            yield self._named(name)
        finally:
            self._execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    def drop_templates(self) -> None:
        """Drop what is left of this run."""
        for name in self._templates:
            self._execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        self._templates.clear()

    def _template(self, services: tuple[str, ...]) -> str:
        name = "_".join((self._prefix, *services))[:63]
        if name not in self._templates:
            self._execute(f'DROP DATABASE IF EXISTS "{name}"')  # left by a migration that failed
            self._execute(f'CREATE DATABASE "{name}"')
            for service in services:
                migrate(self._named(name), service)
            self._templates.add(name)
        return name

    def _named(self, database: str) -> str:
        return self.url.set(database=database).render_as_string(hide_password=False)

    def _execute(self, statement: str) -> None:
        connection = psycopg2.connect(self.url.render_as_string(hide_password=False))
        connection.autocommit = True
        try:
            connection.cursor().execute(statement)
        finally:
            connection.close()


@contextmanager
def postgres_server(folder: Path) -> Iterator[PostgresServer]:
    """The server of this test run, stopped afterwards if it was started here."""
    url = os.environ.get(SERVER_VARIABLE)
    if url:
        server = PostgresServer(url)
        yield server
        server.drop_templates()
        return
    with local_postgres(folder, keep=False) as url:
        yield PostgresServer(url)
