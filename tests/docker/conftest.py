"""A district of containers for the run, or the reason why there is none."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from .deployment import HERE, ContainerPlatform, Deployment, run

FURNITURE = {
    "regions": "divisions.csv",
    "units": "units.csv",
    "resources": "resources.csv",
    "grids": "grids.geojson",
    "workers": "workers.csv",
}


started: list[Deployment] = []
"""The deployments that run, for the report of a failure."""


@pytest.fixture(scope="session")
def engine() -> None:
    """Skip where no Docker engine answers."""
    for words in (["docker", "info"], ["docker", "compose", "version"]):
        try:
            subprocess.run(words, check=True, capture_output=True, timeout=30)  # noqa: S603
        except (OSError, subprocess.SubprocessError):
            pytest.skip(f"no Docker engine answers here: `{' '.join(words)}` failed")


@pytest.fixture(scope="session")
def base_images(engine: None) -> bool:
    """Substitute other base images; whether PostgreSQL's reads its password from a file."""
    for name in ("proxy", "prometheus") if "PYTHON_IMAGE" in os.environ else ():
        build_unless_configured(name)
    if "POSTGRES_IMAGE" not in os.environ:
        return True
    [image] = json.loads(run("docker", "image", "inspect", os.environ["POSTGRES_IMAGE"]))
    return "docker-entrypoint.sh" in (image["Config"]["Entrypoint"] or [])


def build_unless_configured(name: str) -> None:
    """Build an image from the packages of Debian, and name it by its variable."""
    variable, tag = f"{name.upper()}_IMAGE", f"linli-test/{name}"
    if variable not in os.environ:
        argument = f"PYTHON_IMAGE={os.environ['PYTHON_IMAGE']}"
        where = ("-f", str(HERE / f"{name}.Dockerfile"), "-t", tag, str(HERE))
        run("docker", "build", "--network=host", "--build-arg", argument, *where)
        os.environ[variable] = tag


@pytest.fixture(scope="session")
def deployment(base_images: bool, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    folder = tmp_path_factory.mktemp("docker") / "district"
    deployment = Deployment.make(
        "110101", folder, {"webhooks = false": "webhooks = true"}, password_files=base_images
    )
    deployment.take_down()  # what a run that was broken off has left
    started.append(deployment)
    yield deployment
    started.remove(deployment)
    deployment.take_down()


# What pytest-docker asks for


@pytest.fixture(scope="session")
def docker_compose_command(deployment: Deployment) -> Iterator[str]:
    saved = {name: os.environ.get(name) for name in deployment.environ}
    os.environ.update(deployment.environ)
    yield f"docker compose --env-file '{deployment.rendered / '.env'}'"
    for name, value in saved.items():
        os.environ.pop(name, None)
        if value is not None:
            os.environ[name] = value


@pytest.fixture(scope="session")
def docker_compose_file(deployment: Deployment) -> list[str]:
    return [str(file) for file in deployment.files]


@pytest.fixture(scope="session")
def docker_compose_project_name(deployment: Deployment) -> str:
    return deployment.project


@pytest.fixture(scope="session")
def docker_setup() -> list[str]:
    return ["--profile tools build", "up --detach --wait --wait-timeout 240"]


# What the tests ask for


@pytest.fixture(scope="session")
def district(deployment: Deployment, docker_services: Any) -> Deployment:
    """A district that has just been started, as the guide says."""
    return deployment


@pytest.fixture(scope="session")
def platform(district: Deployment, tmp_path_factory: pytest.TempPathFactory) -> ContainerPlatform:
    return bring_in_sample(district, tmp_path_factory.mktemp("home"))


def bring_in_sample(deployment: Deployment, home: Path) -> ContainerPlatform:
    """The sample district, brought in through the proxy."""
    platform = ContainerPlatform.of(deployment, home)
    sample = Path(str(resources.files("linli_demo") / "sample" / "dongcheng"))
    for kind, file in FURNITURE.items():
        platform.linli("import", kind, str(sample / file))
        platform.idle()
    return platform


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport() -> Iterator[None]:
    """Tell with a failure what the containers said last."""
    outcome: Any = yield
    report = outcome.get_result()
    for deployment in started if report.failed else ():
        with suppress(Exception):
            report.sections.append(
                ("containers", deployment.compose("logs", "--no-color", "--tail", "30"))
            )
