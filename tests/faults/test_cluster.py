"""Three RabbitMQ nodes behind one address, one of which stops answering."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from http.client import HTTPException
from pathlib import Path

import pytest
from linli_devkit.processes import eventually
from linli_devkit.rabbitmq import RabbitServer
from linli_devkit.rabbitmq_cluster import cluster
from linli_devkit.running_platform import RunningPlatform

from .environment import FaultEnvironment, fault_environment
from .trial import Result, Trial

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def nodes() -> Iterator[list[RabbitServer]]:
    with (
        tempfile.TemporaryDirectory(prefix="linli-cluster-", ignore_cleanup_errors=True) as folder,
        cluster(Path(folder)) as running,
    ):
        yield running


@pytest.fixture(scope="module")
def clustered(
    nodes: list[RabbitServer], load_sample: Callable[[RunningPlatform], None], results: list[Result]
) -> Iterator[FaultEnvironment]:
    with fault_environment(load_sample, results, nodes) as new_environment:
        yield new_environment


def test_with_one_node_of_three_frozen_events_go_on(
    clustered: FaultEnvironment, nodes: list[RabbitServer]
) -> None:
    with clustered.trial(
        "one broker node of three frozen", events_within=90, answers_within=5
    ) as trial:
        with nodes[0].frozen():
            # two of three are a majority, so the platform has to recover while it lasts
            trial.healed()
            go_on_without(nodes[0], nodes[1], trial)
        # Nodes that were apart begin anew on one side; until then there is no second one to spare.
        eventually(lambda: all(sees_all(node) for node in nodes), seconds=90, every=0.5)
        trial.passed(5)
    assert trial.load.failures.total() == 0


def test_with_one_node_of_three_killed_events_go_on(
    clustered: FaultEnvironment, nodes: list[RabbitServer]
) -> None:
    with (
        ExitStack() as stack,
        clustered.trial(
            "one broker node of three killed", events_within=90, answers_within=5
        ) as trial,
    ):
        nodes[1].kill()
        stack.callback(nodes[1].start)
        trial.healed()
        go_on_without(nodes[1], nodes[2], trial)
    assert trial.load.failures.total() == 0


def go_on_without(lost: RabbitServer, other: RabbitServer, trial: Trial) -> None:
    """Requests are accepted while a node is lost; every published event reaches evaluation."""
    trial.passed(10)
    eventually(lambda: given_up(lost, other), seconds=90, every=0.5)
    trial.passed(10)
    ids = [entry.request_id for entry in list(trial.load.entries) if entry.request_id]
    sql = "SELECT count(*) FROM evaluation.fact WHERE request_id = ANY(%s::uuid[])"
    eventually(lambda: trial.environment.one(sql, ids) == len(ids), seconds=120, every=0.2)


def given_up(lost: RabbitServer, other: RabbitServer) -> bool:
    """Whether the other node knows that one is gone; it may be unable to say while it finds out."""
    with suppress(OSError, HTTPException):
        return any(
            node["name"] == lost.node and not node["running"] for node in other.api("GET", "/nodes")
        )
    return False


def sees_all(node: RabbitServer) -> bool:
    """Whether this node works and has every other one beside it."""
    with suppress(OSError, HTTPException):
        return all(
            each["running"] and each.get("partitions") == [] for each in node.api("GET", "/nodes")
        )
    return False
