"""What is in the images, and what is not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from linli_contracts.manifest import api_services, installed_services

from .deployment import IMAGES, Deployment, run

pytestmark = [pytest.mark.docker, pytest.mark.timeout(900)]

LOOK = """
import importlib.util, json, os, pkgutil, shutil
modules = ("pip", "setuptools", "wheel", "ensurepip", "hatchling", "uv", "pytest")
modules += ("ortools", "typer")
programs = ("pip", "pip3", "uv", "gcc", "cc", "g++", "make", "git")
print(json.dumps({
    "uid": os.getuid(),
    "linli": sorted(m.name for m in pkgutil.iter_modules() if m.name.startswith("linli")),
    "modules": [name for name in modules if importlib.util.find_spec(name)],
    "programs": [name for name in programs if shutil.which(name)],
    "variables": sorted(os.environ),
}))
"""


def contents(service: str) -> dict[str, Any]:
    name = f"{IMAGES['registry']}/{service}:{IMAGES['version']}"
    output = run("docker", "run", "--rm", "--read-only", "--entrypoint", "python", name, "-c", LOOK)
    report: dict[str, Any] = json.loads(output)
    return report


@pytest.mark.parametrize("service", api_services())
def test_an_image_holds_one_service_and_nothing_to_install_with(
    service: str, district: Deployment
) -> None:
    report = contents(service)
    shared = ["linli_chassis", "linli_contracts", "linli_kernel"]
    assert report["linli"] == sorted([*shared, f"linli_{service}"])
    assert report["programs"] == []
    assert set(report["modules"]) <= ({"ortools"} if service == "service_desk" else set())
    assert report["uid"] == 10001


def test_the_image_of_the_webhooks_holds_no_other_service(district: Deployment) -> None:
    report = contents("webhooks")
    shared = ["linli_chassis", "linli_client", "linli_contracts", "linli_kernel"]
    assert report["linli"] == sorted([*shared, "linli_webhooks"])
    assert (report["programs"], report["modules"]) == ([], [])


def test_the_commands_image_holds_all_services(district: Deployment) -> None:
    report = contents("linli")
    every = (f"linli_{service}" for service in installed_services())
    assert set(report["linli"]) >= {"linli", *every}
    assert report["programs"] == []
    assert set(report["modules"]) == {"ortools", "typer"}


@pytest.mark.parametrize("service", installed_services())
def test_an_image_says_whether_it_is_well_and_holds_no_secret(
    service: str, district: Deployment
) -> None:
    [image] = json.loads(
        run("docker", "image", "inspect", f"{IMAGES['registry']}/{service}:{IMAGES['version']}")
    )
    assert "/healthz" in " ".join(image["Config"]["Healthcheck"]["Test"])
    assert image["Config"]["User"] == "10001:10001"
    named = {variable.partition("=")[0] for variable in image["Config"]["Env"]}
    assert not named & {"DATABASE_URL", "AMQP_URI", "LINLI_JWT_SECRET", "LINLI_KEYS"}


def test_a_process_without_settings_says_what_it_lacks(district: Deployment) -> None:
    output = run("docker", "run", "--rm", f"{IMAGES['registry']}/grid:{IMAGES['version']}", code=2)
    assert "DATABASE_URL: is required and not set" in output
    assert "Traceback" not in output
