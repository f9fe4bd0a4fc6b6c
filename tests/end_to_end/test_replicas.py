"""Two processes of one service share its work, and nothing is done twice."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import requests
from linli_devkit.people import Asked, People
from linli_devkit.ports import free_ports
from linli_devkit.processes import eventually, process
from linli_devkit.running_platform import RunningPlatform

REPLICATED = ("service_desk", "evaluation")
REQUESTS = 24


@pytest.fixture
def replicas(dongcheng: RunningPlatform, tmp_path: Path) -> Iterator[dict[str, list[str]]]:
    """The addresses of both processes of two services."""
    addresses = {name: [dongcheng.environ[f"LINLI_{name.upper()}_URL"]] for name in REPLICATED}
    with ExitStack() as stack:
        for name in REPLICATED:
            bind = f"127.0.0.1:{free_ports(1)}"
            environ = {**dongcheng.environ, "LINLI_HTTP_BIND": bind}
            stack.enter_context(process(["-m", "linli", "run", name], environ, tmp_path / name))
            addresses[name].append(f"http://{bind}")
        for _, second in addresses.values():
            eventually(lambda url=second: is_ready(url), seconds=60)
        yield addresses


def is_ready(url: str) -> bool:
    try:
        return requests.get(f"{url}/readyz", timeout=5).ok
    except requests.ConnectionError:
        return False


def handled(url: str) -> int:
    """How many events the process at an address has handled since it started."""
    text = requests.get(f"{url}/metrics", timeout=10).text
    return sum(
        int(float(count))
        for count in re.findall(r"^linli_inbox_handled_total\{.*\} (\S+)$", text, re.M)
    )


def test_two_processes_of_a_service_share_its_events_and_double_nothing(
    dongcheng: RunningPlatform,
    people: People,
    request_body: dict[str, Any],
    replicas: dict[str, list[str]],
) -> None:
    before = {url: handled(url) for urls in replicas.values() for url in urls}
    with ThreadPoolExecutor(4) as pool:
        walked = list(pool.map(people.walk, [request_body] * REQUESTS))
        facts = list(pool.map(people.fact, walked))

    shares = {name: [handled(url) - before[url] for url in urls] for name, urls in replicas.items()}
    assert all(min(share) > 0 for share in shares.values()), shares
    dongcheng.idle()
    assert (
        sum(shares["service_desk"]) == REQUESTS
    )  # what it subscribes of a request: that it was verified
    assert {fact["status"] for fact in facts} == {"closed"}
    assert event_counts(dongcheng, walked) == dict.fromkeys(STEPS, REQUESTS)
    assert {(fact["dispatches"], len(fact["events"])) for fact in facts} == {(1, len(STEPS))}


STEPS = (
    "request_registered",
    "request_verified",
    "case_opened",
    "case_dispatched",
    "case_accepted",
    "case_resolved",
    "case_closed",
    "case_rated",
)


def event_counts(platform: RunningPlatform, walked: list[Asked]) -> Counter[str]:
    """How many events of each kind the outboxes hold of these requests."""
    ids = [asked.request_id for asked in walked]
    sql = (
        "SELECT split_part(type, '.', 3) FROM {0}.outbox "
        "WHERE headers->>'ce-correlationid' = ANY(%s)"
    )
    return Counter(
        kind
        for service in ("grid", "service_desk")
        for (kind,) in platform.rows(sql.format(service), ids)
    )


def test_either_process_answers_what_the_other_received(
    dongcheng: RunningPlatform,
    people: People,
    request_body: dict[str, Any],
    replicas: dict[str, list[str]],
) -> None:
    asked = people.ask(request_body)
    people.verify(asked)
    case = people.case(asked, "dispatched")
    for url in replicas["service_desk"]:
        answer = requests.get(
            f"{url}/api/service_desk/v1/tracking/{asked.tracking_code}", timeout=10
        )
        assert (answer.status_code, answer.json()["state"]) == (200, "dispatched")
    assert case["unit_id"]
