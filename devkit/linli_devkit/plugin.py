"""The pytest fixtures that all distributions share; loaded by the root conftest."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from linli_devkit.client import ServiceUnderTest
from linli_devkit.postgres import PostgresServer, postgres_server
from linli_devkit.rabbitmq import RabbitServer, rabbit_server


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A real PostgreSQL server for the run."""
    # Not below pytest's own folder: each run makes that private to root again, and the server may
    # not run as root.
    with ExitStack() as stack:
        folder = stack.enter_context(
            tempfile.TemporaryDirectory(prefix="linli-postgres-", ignore_cleanup_errors=True)
        )
        yield stack.enter_context(postgres_server(Path(folder) / "data"))


@pytest.fixture
def database(postgres: PostgresServer) -> Iterator[Callable[[Sequence[str]], str]]:
    """Makes databases: `database(["grid", "evaluation"])` is the URL of one with both schemas."""
    with ExitStack() as stack:
        yield lambda services: stack.enter_context(postgres.database(services))


@pytest.fixture
def service(database: Callable[[Sequence[str]], str]) -> Iterator[Callable[..., ServiceUnderTest]]:
    """Makes services under test: `service(GridService, LINLI_X="1")`, each with a database."""
    with ExitStack() as stack:

        def make(service_class: Any, **environ: str) -> ServiceUnderTest:
            under_test = ServiceUnderTest(service_class, database([service_class.name]), **environ)
            stack.callback(under_test.stop)
            return under_test

        yield make


@pytest.fixture(scope="session")
def rabbit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitServer]:
    """A real RabbitMQ for the run; its absence is an error, so that no test is skipped."""
    with rabbit_server(tmp_path_factory.mktemp("rabbitmq")) as server:
        yield server


@pytest.fixture
def amqp_uri(rabbit: RabbitServer) -> Iterator[str]:
    """The URI of a virtual host of the test's own."""
    uri = rabbit.vhost()
    yield uri
    rabbit.drop_vhost(uri)
