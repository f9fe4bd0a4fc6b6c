"""One world of each service for all tests of a file."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import structlog
from linli_devkit.client import ServiceUnderTest
from linli_devkit.postgres import PostgresServer

from .worlds import World, world_of


@pytest.fixture(scope="package", autouse=True)
def quiet() -> Iterator[None]:
    """Without the line that is logged of each call: there are ten thousand."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="module")
def world(
    postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], World]]:
    """The world of a service, made when first asked for."""
    worlds: dict[str, World] = {}
    files = str(tmp_path_factory.mktemp("files"))
    with ExitStack() as stack:

        def make(service: Any) -> ServiceUnderTest:
            url = stack.enter_context(postgres.database([service.name]))
            under_test = ServiceUnderTest(service, url, LINLI_FILES_FOLDER=files)
            stack.callback(under_test.stop)
            return under_test

        def get(name: str) -> World:
            if name not in worlds:
                worlds[name] = world_of(name, make)
            return worlds[name]

        yield get
