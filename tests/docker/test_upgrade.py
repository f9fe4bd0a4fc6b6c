"""A new version and the one before take turns under load, as `upgrade.sh` replaces them."""

from __future__ import annotations

import io
import itertools
import subprocess
import tarfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
import requests
from linli_client.tokens import ADMIN
from linli_contracts.manifest import api_services

from .conftest import bring_in_sample
from .deployment import HERE, IMAGES, ROOT, ContainerPlatform, Deployment, run
from .load import Load, requests_of

pytestmark = [pytest.mark.docker, pytest.mark.timeout(1200)]

COMMIT = "69f4d3b"
"""An earlier commit that knows the tables of this one, so that it can also be gone back to."""
LISTS = {
    "organization": "/units",
    "grid": "/requests",
    "service_desk": "/cases",
    "evaluation": "/facts",
}


@dataclass
class Readers:
    """Ask every service in turn, without trying again, and keep what failed."""

    platform: ContainerPlatform
    answered: int = 0
    failed: list[tuple[float, str, str]] = field(default_factory=list)

    @contextmanager
    def running(self) -> Iterator[Readers]:
        stopping = threading.Event()
        with ThreadPoolExecutor(1) as pool:
            reading = pool.submit(self._read_until, stopping)
            try:
                yield self
            finally:
                stopping.set()
            reading.result()

    def _read_until(self, stopping: threading.Event) -> None:
        headers = {"Authorization": f"Bearer {self.platform.token(ADMIN)}"}
        for service, path in itertools.cycle(LISTS.items()):
            if stopping.wait(0.02):
                return
            try:
                url = self.platform.url(service, path)
                response = requests.get(url, params={"limit": 1}, headers=headers, timeout=30)
                outcome = str(response.status_code)
            except requests.RequestException as error:
                outcome = type(error).__name__
            if outcome == "200":
                self.answered += 1
            else:
                self.failed.append((time.monotonic(), service, outcome))


@pytest.fixture(scope="module")
def previous_images(district: Deployment, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Images with the code of the earlier commit and the dependencies of this one; their tag."""
    known = subprocess.run(  # noqa: S603
        ["git", "cat-file", "-e", f"{COMMIT}^{{commit}}"],  # noqa: S607
        cwd=ROOT,
        check=False,
        capture_output=True,
    )
    if known.returncode:
        pytest.skip(f"the commit {COMMIT} is not in this checkout")
    folder = tmp_path_factory.mktemp("previous")
    archive = subprocess.run(  # noqa: S603
        ["git", "archive", "--format=tar", COMMIT],  # noqa: S607
        cwd=ROOT,
        check=True,
        capture_output=True,
    ).stdout
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        tar.extractall(folder / "sources", filter="data")
    (folder / "packages").mkdir()
    for marker in (folder / "sources").glob("**/linli_*/__init__.py"):
        if "tests" not in marker.parts and "examples" not in marker.parts:
            marker.parent.rename(folder / "packages" / marker.parent.name)
    for service in (*api_services(), "linli"):
        image = f"{IMAGES['registry']}/{service}"
        argument = f"IMAGE={image}:{IMAGES['version']}"
        where = ("-f", str(HERE / "previous.Dockerfile"), "-t", f"{image}:previous")
        run("docker", "build", "--build-arg", argument, *where, str(folder / "packages"))
    return "previous"


@pytest.fixture(scope="module")
def upgraded(
    base_images: bool, previous_images: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    """A district that the earlier version has begun."""
    folder = tmp_path_factory.mktemp("upgrade") / "district"
    changes = {'version = "test"': f'version = "{previous_images}"'}
    deployment = Deployment.make(
        "110101", folder, changes, password_files=base_images, project="linli-test-upgrade"
    )
    deployment.take_down()
    try:
        deployment.compose("up", "--detach", "--wait", "--wait-timeout", "240")
        yield deployment
    finally:
        deployment.take_down()


@pytest.fixture(scope="module")
def platform(upgraded: Deployment, tmp_path_factory: pytest.TempPathFactory) -> ContainerPlatform:
    return bring_in_sample(upgraded, tmp_path_factory.mktemp("home"))


def change_to(deployment: Deployment, version: str, *options: str) -> None:
    """Render another version, and do what the guide says."""
    old = deployment.district.images.version
    deployment.change({f'version = "{old}"': f'version = "{version}"'})
    run("sh", str(deployment.rendered / "upgrade.sh"), *options, environ=deployment.own_names)


def versions(deployment: Deployment) -> set[str]:
    """The tags of the images that our processes run."""
    images = (one["Config"]["Image"] for one in deployment.inspected() if one["State"]["Running"])
    names = {f"{IMAGES['registry']}/{service}" for service in api_services()}
    return {tag for name, _, tag in (image.partition(":") for image in images) if name in names}


@pytest.mark.xfail(
    strict=False, reason="a kept connection may be closed in the instant that the proxy reloads"
)
@pytest.mark.parametrize("replicas", [1, 2])
def test_every_request_is_answered_while_versions_change_both_ways(
    platform: ContainerPlatform, upgraded: Deployment, replicas: int
) -> None:
    if replicas > 1:
        upgraded.change({f"{name} = 1": f"{name} = {replicas}" for name in api_services()})
        upgraded.compose("up", "--detach", "--wait", "--no-recreate")
    [proxy] = upgraded.containers("proxy")
    wishes = requests_of(platform)
    for version, options in (("test", ()), ("previous", ("--no-migrations",))):
        load, readers = Load(platform, wishes), Readers(platform)
        with load.running(), readers.running():
            load.goes_on()
            change_to(upgraded, version, *options)
            load.goes_on()
        assert versions(upgraded) == {version}
        assert load.refused == {}
        assert readers.failed == []
        assert readers.answered > 100
        assert {len(upgraded.containers(name)) for name in api_services()} == {replicas}
        assert upgraded.containers("proxy") == [proxy]
        known = [item["request_id"] for item in platform.pages("grid", "/requests")]
        assert set(load.acknowledged) <= set(known)
        assert len(known) == len(set(known))
