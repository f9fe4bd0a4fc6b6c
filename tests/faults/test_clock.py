"""Machines whose clocks disagree, and a clock that jumps."""

from __future__ import annotations

import ctypes.util
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from .environment import FaultEnvironment

pytestmark = pytest.mark.faults

SKEWS = {"grid": "+3000s", "service_desk": "-3000s", "evaluation": "+86400s"}


def test_services_whose_clocks_disagree_agree_on_what_happened(
    environment: FaultEnvironment, tmp_path: Path
) -> None:
    preload = libfaketime()
    if preload is None:
        pytest.skip("another clock for one process takes libfaketime: apt-get install faketime")
    clocks = {name: tmp_path / name for name in SKEWS}
    for name, skew in SKEWS.items():
        clocks[name].write_text(skew)
    with environment.trial(
        "clocks apart, then jumping", crashes=list(SKEWS), events_within=40, answers_within=10
    ) as trial:
        with skewed(environment, clocks, preload):
            trial.passed(15)
            assert environment.one(
                "SELECT max(registered_at) > now() + interval '40 min' FROM grid.request"
            )
            for clock in clocks.values():
                clock.write_text("+0s")  # a clock set right jumps, here forwards and there back
            trial.passed(15)
        trial.healed()


@contextmanager
def skewed(environment: FaultEnvironment, clocks: dict[str, Path], preload: str) -> Iterator[None]:
    """Services restarted with a clock that a file sets; with the usual one on leaving."""
    usual = {name: environment.child(name).environ for name in clocks}
    try:
        for name, clock in clocks.items():
            environment.child(name).environ = {
                **usual[name],
                "LD_PRELOAD": preload,
                "FAKETIME_TIMESTAMP_FILE": str(clock),
                "FAKETIME_NO_CACHE": "1",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                "DONT_FAKE_MONOTONIC": "1",
            }
        restart_all(environment)
        yield
    finally:
        for name, environ in usual.items():
            environment.child(name).environ = environ
        restart_all(environment)


def restart_all(environment: FaultEnvironment) -> None:
    with ThreadPoolExecutor() as pool:
        list(pool.map(environment.terminate, SKEWS))


def libfaketime() -> str | None:
    libraries = sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
    return str(libraries[0]) if libraries else ctypes.util.find_library("faketime")
