"""The network between processes and servers delays, swallows and breaks what passes through it."""

from __future__ import annotations

import pytest
from linli_devkit.processes import eventually
from linli_devkit.proxy import lost_packets

from .environment import FaultEnvironment
from .trial import Trial

pytestmark = pytest.mark.faults

BROKER_WAITS = {"grid relay": "relay waits", "evaluation": "consumer waits for the broker"}
DATABASE_WAITS = {"grid relay": "relay waits", "evaluation": "waits for the database"}


def skip_unless(lost: bool) -> None:
    if not lost:
        pytest.skip("losing packets takes iptables, and the right to use it")


def all_say(trial: Trial, words: dict[str, str]) -> bool:
    """Whether each of these processes has noticed."""
    return all(text in trial.said(name) for name, text in words.items())


def test_a_slow_broker_slows_nobody_who_writes(environment: FaultEnvironment) -> None:
    with environment.trial("broker 200 ms away", events_within=30, answers_within=5) as trial:
        environment.to_broker.latency_seconds = 0.2
        try:
            trial.passed(30)
        finally:
            environment.to_broker.latency_seconds = 0.0
        trial.healed()
    assert trial.load.failures.total() == 0


def test_a_broker_that_stands_still_holds_nobody_up(environment: FaultEnvironment) -> None:
    with environment.trial(
        "black hole before the broker", events_within=60, answers_within=5
    ) as trial:
        environment.to_broker.black_hole = True
        try:
            trial.passed(15)
            eventually(lambda: all_say(trial, BROKER_WAITS), seconds=60, every=0.2)
        finally:
            environment.to_broker.black_hole = False
        trial.healed()
    assert trial.load.failures.total() == 0


def test_a_broker_to_which_all_packets_are_lost_holds_nobody_up(
    environment: FaultEnvironment,
) -> None:
    with environment.trial(
        "packets to the broker lost", events_within=60, answers_within=5
    ) as trial:
        with lost_packets(environment.to_broker.port) as lost:
            skip_unless(lost)
            trial.passed(15)
            eventually(lambda: all_say(trial, BROKER_WAITS), seconds=60, every=0.2)
        trial.healed()
    assert trial.load.failures.total() == 0


def test_connections_to_the_broker_that_are_reset_are_opened_again(
    environment: FaultEnvironment,
) -> None:
    with environment.trial(
        "connections to the broker reset", events_within=20, answers_within=5
    ) as trial:
        for _ in range(3):
            eventually(lambda: environment.to_broker.reset() > 0, seconds=20, every=0.2)
            trial.passed(5)
        trial.healed()
    assert trial.load.failures.total() == 0


@pytest.mark.parametrize(("milliseconds", "answers_within"), [(20, 5), (250, 20)])
def test_a_slow_database_slows_and_loses_nothing(
    environment: FaultEnvironment, milliseconds: int, answers_within: float
) -> None:
    with environment.trial(
        f"database {milliseconds} ms away", events_within=40, answers_within=answers_within
    ) as trial:
        environment.to_database.latency_seconds = milliseconds / 1000
        try:
            trial.passed(6)
        finally:
            environment.to_database.latency_seconds = 0.0
        trial.healed()
    assert trial.load.failures.total() == 0


def test_connections_to_the_database_that_are_reset_are_opened_again(
    environment: FaultEnvironment,
) -> None:
    with environment.trial(
        "connections to the database reset", events_within=20, answers_within=5
    ) as trial:
        for _ in range(3):
            eventually(lambda: environment.to_database.reset() > 0, seconds=20, every=0.2)
            trial.passed(5)
        trial.healed()


def test_a_database_that_stands_still_is_waited_for(environment: FaultEnvironment) -> None:
    with environment.trial(
        "black hole before the database", events_within=60, answers_within=20
    ) as trial:
        environment.to_database.black_hole = True
        try:
            trial.load.await_failures(3)
        finally:
            environment.to_database.black_hole = False
        trial.healed()


def test_a_database_to_which_all_packets_are_lost_is_given_up_and_found_again(
    environment: FaultEnvironment,
) -> None:
    with environment.trial(
        "packets to the database lost", events_within=60, answers_within=20
    ) as trial:
        with lost_packets(environment.to_database.port) as lost:
            skip_unless(lost)
            trial.load.await_failures(3)
            eventually(lambda: all_say(trial, DATABASE_WAITS), seconds=60, every=0.2)
        trial.healed()


# A peer that takes every connection and never answers, as a balancer before a frozen server


def test_a_broker_that_never_answers_is_given_up_and_found_again(
    environment: FaultEnvironment,
) -> None:
    with environment.trial(
        "broker accepts and never answers", events_within=90, answers_within=5
    ) as trial:
        environment.to_broker.swallowing = True
        try:
            eventually(lambda: all_say(trial, BROKER_WAITS), seconds=60, every=0.2)
            trial.passed(15)
        finally:
            environment.to_broker.swallowing = False
        trial.healed()
    assert trial.load.failures.total() == 0


def test_a_database_that_never_answers_is_given_up_and_found_again(
    environment: FaultEnvironment,
) -> None:
    with environment.trial(
        "database accepts and never answers", events_within=90, answers_within=20
    ) as trial:
        environment.to_database.swallowing = True
        try:
            trial.load.await_failures(6)
        finally:
            environment.to_database.swallowing = False
        trial.healed()
        trial.passed(10, seconds=60)
    assert set(trial.load.failures) == {"503"}
