"""How the process is started: by its manifest, with the settings of the environment."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from linli_chassis.settings import BadSettings
from linli_contracts.manifest import find_service, load
from linli_webhooks.errors import BrokerRequired
from linli_webhooks.process import run

SETTINGS = {
    "LINLI_DISTRICT": "110101",
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none",
    "LINLI_KEYS": "first:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
}


def test_the_manifest_names_the_function_that_runs_the_process() -> None:
    assert load(str(find_service("webhooks").run)) is run


def test_without_a_broker_the_process_does_not_start() -> None:
    with pytest.raises(BrokerRequired, match="need a broker"):
        run(SETTINGS)


def test_all_wrong_settings_are_named_at_once() -> None:
    with pytest.raises(BadSettings, match=r"(?s)LINLI_DISTRICT.*LINLI_KEYS"):
        run({})


def test_the_chassis_starts_the_process_that_the_manifest_names() -> None:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LINLI_")}
    ended = subprocess.run(
        [sys.executable, "-m", "linli_chassis", "run", "webhooks"],
        env={**clean, **SETTINGS, "AMQP_URI": ""},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ended.returncode == 1
    assert "BrokerRequired" in ended.stderr
