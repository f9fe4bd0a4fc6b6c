"""docs/adding-a-service.md: its files are the example's, and its commands run."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import requests
import yaml
from linli_contracts.events.grid.requests import RequestRegistered
from linli_contracts.manifest import api_services
from linli_devkit.client import ENVIRON, token
from linli_devkit.contracts.examples import example_event
from linli_devkit.ports import free_port
from linli_devkit.processes import eventually

from .conftest import DISTRICT, EXAMPLES, ROOT, Broker, started

SERVICE = EXAMPLES / "04_service"
GUIDE = (ROOT / "docs" / "adding-a-service.md").read_text(encoding="utf-8")
COPIED = re.compile(r"^<!-- copied: (\S+) -->\n```\w+\n(.*?)^```$", re.DOTALL | re.MULTILINE)
RUN = re.compile(r"^<!-- run: a service -->\n```bash\n(.*?)^```$", re.DOTALL | re.MULTILINE)
TYPE = "linli.tally.daily_count_published.v1"


def files_of(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
        for path in folder.rglob("*")
        if path.is_file() and path.suffix in (".py", ".toml", ".po")
    }


def test_the_guide_shows_every_file_of_the_service_as_it_is() -> None:
    shown = dict(COPIED.findall(GUIDE))
    written = {path: text for path, text in files_of(SERVICE).items() if "/tests/" not in path}
    assert shown == written


def test_no_file_outside_its_folder_is_part_of_the_service() -> None:
    listed = subprocess.run(
        ["git", "grep", "-lE", r"linli.tally|\btally-relay\b"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    about_it = ("examples/04_service/", "tests/", "docs/", "CHANGELOG.md", "README")
    assert [path for path in listed if not path.startswith(about_it)] == []


@dataclass
class Trial:
    """The service installed into a folder of its own, as the guide says, and running."""

    folder: Path
    environ: dict[str, str]
    url: str
    broker: Broker

    def linli(self, *words: str) -> str:
        """What the command prints where the service is installed beside the others."""
        return run(["-m", "linli", *words], self.environ)


def run(arguments: Sequence[str], environ: dict[str, str]) -> str:
    done = subprocess.run(  # noqa: S603  # our own words
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder into which the guide's first command installs the service."""
    folder = tmp_path_factory.mktemp("trial") / "site"
    [install] = [line for line in RUN.findall(GUIDE)[0].splitlines() if "uv pip install" in line]
    subprocess.run(  # noqa: S603  # the guide's own line
        ["bash", "-c", install],  # noqa: S607
        cwd=ROOT,
        env={**os.environ, "TRIAL": str(folder)},
        check=True,
        timeout=200,
    )
    return folder


@pytest.fixture
def trial(
    installed: Path,
    tmp_path: Path,
    broker: Broker,
    database: Callable[[Sequence[str]], str],
) -> Iterator[Trial]:
    """The rest of the guide's first block: migrated, and service and relay running."""
    lines = RUN.findall(GUIDE)[0].splitlines()
    assert lines[1:] == [
        'export PYTHONPATH="$TRIAL"',
        "linli migrate tally",
        "linli relay tally &",
        "linli run tally &",
    ]
    address = f"127.0.0.1:{free_port()}"
    environ = {
        **ENVIRON,
        "PYTHONPATH": str(installed),
        "DATABASE_URL": database(api_services()),
        "AMQP_URI": broker.amqp_uri,
        "LINLI_HTTP_BIND": address,
        "LINLI_HOME": str(tmp_path / "home"),
        "COLUMNS": "200",
    }
    trial = Trial(tmp_path, environ, f"http://{address}", broker)
    trial.linli("migrate", "tally")
    with ExitStack() as stack:
        for action in ("relay", "run"):
            words = [sys.executable, "-m", "linli", action, "tally"]
            stack.enter_context(started(words, tmp_path, environ, log=f"{action}.log"))
        try:
            eventually(lambda: is_ready(trial.url), seconds=60, every=0.2)
        except AssertionError as error:
            raise AssertionError((tmp_path / "run.log").read_text()) from error
        yield trial


def is_ready(url: str) -> bool:
    try:
        return requests.get(f"{url}/readyz", timeout=5).status_code == 200
    except requests.RequestException:
        return False


@pytest.mark.broker
def test_it_publishes_what_it_counts_over_the_broker_and_is_in_the_status(trial: Trial) -> None:
    broker = trial.broker
    eventually(lambda: "linli.tally" in queues(broker), seconds=30, every=0.2)
    with broker.channel() as channel:
        channel.queue_declare("watching", exclusive=True)
        channel.queue_bind("watching", "linli.events", f"{DISTRICT}.tally.#")
        event = example_event(RequestRegistered, request_id=uuid4())
        broker.publish(event)
        _, properties, body = eventually(
            lambda: taken(channel.basic_get("watching", auto_ack=True)), seconds=30, every=0.1
        )
    assert properties.headers["ce-type"] == TYPE
    assert properties.headers["ce-source"] == f"urn:linli:{DISTRICT}:tally"
    day = f"{event.data['registered_at']:%Y-%m-%d}"
    counted = {"grid_code": event.data["grid_code"], "day": day, "requests": 1}
    assert json.loads(body) == counted
    answer = requests.get(
        f"{trial.url}/api/tally/v1/counts",
        params={"day": day},
        headers={"Authorization": f"Bearer {token('dispatcher')}"},
        timeout=10,
    )
    assert answer.json() == {"items": [counted], "next": None}
    assert (
        "/api/tally/v1/counts"
        in requests.get(f"{trial.url}/api/tally/openapi.json", timeout=10).json()["paths"]
    )
    statuses = json.loads(trial.linli("status", "--json"))["services"]
    assert [one["service"] for one in statuses] == [*api_services(), "tally"]
    assert "tally" in trial.linli("status")


def taken(got: tuple[Any, Any, Any]) -> tuple[Any, Any, Any] | None:
    return got if got[0] is not None else None


def queues(broker: Broker) -> set[str]:
    return {one["name"] for one in broker.server.api("GET", f"/queues/{broker.vhost}")}


def test_a_deployment_has_it_wherever_services_are(installed: Path, tmp_path: Path) -> None:
    environ = {"PYTHONPATH": str(installed)}
    commands = [line.split() for line in RUN.findall(GUIDE)[1].splitlines()]
    assert [words[:3] for words in commands] == [
        ["linli", "district", "init"],
        ["linli", "district", "render"],
    ]
    district = tmp_path / "dongcheng"
    for words in commands:
        plain = [word.replace('"$TRIAL/dongcheng"', str(district)) for word in words[1:]]
        run(["-m", "linli", *plain], environ)
    compose, kubernetes = district / "rendered/compose", district / "rendered/kubernetes"
    assert not kubernetes.exists()
    services = yaml.safe_load((compose / "compose.yaml").read_text())["services"]
    assert {"tally", "tally-relay", "tally-migration"} <= set(services)
    assert services["tally"]["deploy"]["resources"]["limits"]["memory"] == "256M"
    jobs = yaml.safe_load((compose / "observability/prometheus.yml").read_text())["scrape_configs"]
    names = {job["job_name"]: job["dns_sd_configs"][0]["names"] for job in jobs}
    assert "tally" in names["linli-services"]
    assert "tally-relay" in names["linli-relays"]
    for path, content in {
        "observability/processes.yml": "process: tally-relay",
        "proxy/services.conf": "location ~ ^/api/tally/ {",
        "database/database.sql": "CREATE ROLE linli_tally",
        "secrets/definitions.json": '"linli.tally"',
        "secrets/tally_amqp_uri": "://110101-tally:",
    }.items():
        assert content in (compose / path).read_text(), path
    described = (district / "district.toml").read_text()
    for old in ('# host = "city', 'host = "broker', 'host = "database'):
        described = described.replace(old, 'host = "city', 1)
    (district / "district.toml").write_text(described)
    run(["-m", "linli", "district", "render", str(district)], environ)
    assert "tally" in yaml.safe_load((kubernetes / "kustomization.yaml").read_text())["resources"]
    assert "/api/tally/" in (kubernetes / "ingress.yaml").read_text()
    assert "tally = 1" in (district / "district.toml").read_text()


def test_its_image_is_built_as_that_of_any_service(tmp_path: Path) -> None:
    run(["deploy/requirements.py", "tally", str(tmp_path)], {})
    members = (tmp_path / "members").read_text().split()
    assert members == ["kernel", "contracts", "chassis", "examples/04_service"]


def test_its_own_tests_pass(installed: Path) -> None:
    run(
        ["-m", "pytest", "-q", "-p", "no:cacheprovider", str(SERVICE / "tests")],
        {"PYTHONPATH": str(installed)},
    )
