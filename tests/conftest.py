"""The platforms that tests across services share: real processes, broker and PostgreSQL."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from linli.base.client import client_of
from linli.base.console import Output
from linli.base.context import Context
from linli.operations.session import Operations
from linli_contracts.manifest import api_services
from linli_demo.district import DemoPlatform, import_sample, sample_folder
from linli_devkit.platforms import embedded_platform, running_platform
from linli_devkit.postgres import PostgresServer
from linli_devkit.rabbitmq import RabbitServer
from linli_devkit.running_platform import RunningPlatform
from rich.console import Console

SAMPLE = {
    "regions": "divisions.csv",
    "units": "units.csv",
    "resources": "resources.csv",
    "boundaries": "boundaries.geojson",
    "grids": "grids.geojson",
    "workers": "workers.csv",
}


@pytest.fixture(scope="session")
def dongcheng(
    rabbit: RabbitServer, postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningPlatform]:
    """The sample district on eight processes, imported by the command, with full logs."""
    amqp_uri = rabbit.vhost()
    home = tmp_path_factory.mktemp("dongcheng")
    with (
        postgres.database(api_services()) as database_url,
        running_platform(
            home, amqp_uri=amqp_uri, database_url=database_url, LINLI_LOG_LEVEL="DEBUG"
        ) as platform,
    ):
        for kind, file in SAMPLE.items():
            platform.linli("import", kind, str(sample_folder() / file))
            if kind == "resources":
                # what comes next lies in regions that the grid service must have received
                platform.idle()
        platform.idle()
        yield platform
    rabbit.drop_vhost(amqp_uri)


@pytest.fixture(scope="session")
def embedded() -> Iterator[RunningPlatform]:
    """The sample district on the embedded platform."""
    # Not below pytest's own folder: it is private to root, and PostgreSQL may not run as root.
    with (
        tempfile.TemporaryDirectory(prefix="linli-embedded-", ignore_cleanup_errors=True) as folder,
        embedded_platform(Path(folder) / "home") as platform,
    ):
        load_sample(platform)
        yield platform


def load_sample(platform: RunningPlatform) -> None:
    """Import the sample district as the demonstration does, faster than by commands."""
    context = Context.load(environ={"LINLI_HOME": str(platform.home)})
    output = Output(notes=Console(file=io.StringIO()))
    with Operations(context) as operations:
        import_sample(
            DemoPlatform(context, client_of(context), operations, output, sample_folder())
        )


@pytest.fixture(scope="session", name="load_sample")
def load_sample_fixture() -> Callable[[RunningPlatform], None]:
    """Brings the sample district into a platform."""
    return load_sample
