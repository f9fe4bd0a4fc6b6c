"""Failpoints: nothing where none is set, death where one is."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest
from linli_chassis.process import failpoints

_THREE_TIMES = f"""
from linli_chassis.process import failpoints
for round in range(5):
    failpoints.reached("{failpoints.BEFORE_ACK}")
    failpoints.reached("{failpoints.AFTER_CONFIRM}")
    print(round, flush=True)
"""


def run(setting: str) -> subprocess.CompletedProcess[str]:
    environ = {failpoints.VARIABLE: setting}
    command = [sys.executable, "-c", _THREE_TIMES]
    return subprocess.run(command, env=environ, capture_output=True, text=True)  # noqa: S603  # our own interpreter


def test_nobody_dies_unasked() -> None:
    done = run("")
    assert (done.returncode, done.stdout.split()) == (0, ["0", "1", "2", "3", "4"])


def test_a_process_dies_where_and_when_it_was_asked_to() -> None:
    done = run(f"{failpoints.AFTER_CONFIRM}:3")
    assert (done.returncode, done.stdout.split()) == (-signal.SIGKILL, ["0", "1"])


def test_a_thread_dies_where_an_error_was_asked_for() -> None:
    done = run(f"{failpoints.AFTER_CONFIRM}:3:{failpoints.RAISE}")
    assert (done.returncode, done.stdout.split()) == (1, ["0", "1"])
    assert f"PartDied: {failpoints.AFTER_CONFIRM}" in done.stderr


def test_a_place_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match=r"relay\.after_confirm"):
        failpoints._armed("relay.after_lunch:3")


def test_a_death_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="raise"):
        failpoints._armed("relay.after_confirm:3:sleep")
