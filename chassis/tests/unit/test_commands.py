"""Which code a process of a service runs."""

from __future__ import annotations

import os
import sys
from types import ModuleType

import pytest
from linli_chassis.process import commands
from linli_contracts import manifest
from linli_contracts.manifest import Manifest


def test_a_service_without_http_runs_the_function_of_its_manifest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started: list[object] = []
    module = ModuleType("linli_probe")
    module.run = started.append  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "linli_probe", module)
    probe = Manifest(
        name="probe",
        summary="Probes.",
        port=9999,
        settings="linli_chassis.settings:ProcessSettings",
        run="linli_probe:run",
    )
    monkeypatch.setattr(manifest, "installed_services", lambda: {"probe": probe})
    commands.run("probe")
    assert started == [os.environ]


def test_a_service_that_is_not_installed_is_refused() -> None:
    with pytest.raises(LookupError, match="no service 'weather' is installed here"):
        commands.run("weather")
