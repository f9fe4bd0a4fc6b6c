"""Prometheus beside the district finds every process, and takes our rules."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from linli_contracts.manifest import api_services, installed_services
from linli_devkit.processes import eventually

from .deployment import Deployment

pytestmark = [pytest.mark.docker, pytest.mark.timeout(900)]


@pytest.fixture
def prometheus(district: Deployment) -> str:
    """The address of its API."""
    district.compose(
        "--profile", "observability", "up", "--detach", "--no-recreate", "--no-deps", "prometheus"
    )
    return f"http://127.0.0.1:{district.prometheus_port}/api/v1"


def asked(url: str) -> dict[str, Any]:
    try:
        data: dict[str, Any] = requests.get(url, timeout=5).json()["data"]
    except requests.RequestException:
        return {}
    return data


def test_every_process_and_the_broker_are_found_and_answer(prometheus: str) -> None:
    relays = (f"{service}-relay" for service in api_services())
    wanted = {*installed_services(), *relays, "broker"}

    def answering() -> bool:
        targets = asked(f"{prometheus}/targets").get("activeTargets", [])
        return {
            target["labels"]["process"] for target in targets if target["health"] == "up"
        } >= wanted

    eventually(answering, seconds=120, every=1)
    rules = [
        rule["name"] for group in asked(f"{prometheus}/rules")["groups"] for rule in group["rules"]
    ]
    assert "LinliProcessDown" in rules
