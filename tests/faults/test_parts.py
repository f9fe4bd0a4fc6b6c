"""A part of a process dies and the rest lives on: the process must notice, end and start anew."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from linli_chassis.process import failpoints
from linli_contracts.manifest import api_services
from linli_devkit.platforms import embedded_host
from linli_devkit.running_platform import RunningPlatform

from .environment import FaultEnvironment
from .trial import Result, TrialEnvironment

pytestmark = pytest.mark.faults

PARTS = {
    "thread of a consumer dies": ("evaluation", failpoints.BEFORE_ACK, 5),
    "thread of retries dies": ("evaluation", failpoints.BEFORE_RETRY, 5),
    "loop of a relay dies": ("grid relay", failpoints.AFTER_CONFIRM, 4),
}


@pytest.mark.parametrize("fault", PARTS)
def test_a_process_that_lost_a_part_ends_and_starts_anew(
    environment: FaultEnvironment, fault: str
) -> None:
    name, place, times = PARTS[fault]
    with environment.trial(fault, events_within=40, answers_within=5, crashes=[name]) as trial:
        environment.die_at(name, place, times, failpoints.RAISE)
        trial.healed()
    assert trial.load.failures.total() == 0


EMBEDDED_PARTS = {
    "embedded: a relay dies": (failpoints.AFTER_CONFIRM, 4),
    "embedded: a thread of retries dies": (failpoints.BEFORE_RETRY, 30),
}


@pytest.fixture(scope="module")
def embedded(
    environment: FaultEnvironment,
    load_sample: Callable[[RunningPlatform], None],
    results: list[Result],
) -> Iterator[TrialEnvironment]:
    with (
        tempfile.TemporaryDirectory(prefix="linli-embedded-") as folder,
        environment.postgres.database(api_services()) as database_url,
        embedded_host(Path(folder), database_url) as platform,
    ):
        load_sample(platform)
        yield TrialEnvironment(platform, database_url, results)


@pytest.mark.parametrize("fault", EMBEDDED_PARTS)
def test_the_embedded_platform_that_lost_a_part_ends_and_starts_anew(
    embedded: TrialEnvironment, fault: str
) -> None:
    place, times = EMBEDDED_PARTS[fault]
    with embedded.trial(fault, events_within=40, answers_within=10, crashes=["platform"]) as trial:
        embedded.die_at("platform", place, times, failpoints.RAISE)
        trial.healed()
