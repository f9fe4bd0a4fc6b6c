"""A broker outage: no write fails, no event is lost, and none takes effect twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from linli_contracts.manifest import api_services
from linli_devkit.people import Asked, People
from linli_devkit.platforms import running_platform
from linli_devkit.postgres import PostgresServer
from linli_devkit.processes import eventually
from linli_devkit.rabbitmq import RabbitServer, rabbit_server
from linli_devkit.running_platform import RunningPlatform

REQUESTS = 30
BACK_SECONDS = 60


@dataclass
class Place:
    """A platform with a broker of its own, which a test may stop."""

    broker: RabbitServer
    platform: RunningPlatform
    people: People


@pytest.fixture(scope="module")
def place(
    postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory, load_sample: Any
) -> Iterator[Place]:
    with (
        rabbit_server(tmp_path_factory.mktemp("broker")) as broker,
        postgres.database(api_services()) as database_url,
        running_platform(
            tmp_path_factory.mktemp("outage"),
            amqp_uri=broker.vhost(),
            database_url=database_url,
            LINLI_HEARTBEAT_SECONDS="4",
        ) as platform,
    ):
        load_sample(platform)
        yield Place(broker, platform, People(platform))


@pytest.fixture
def request_body() -> dict[str, Any]:
    return {
        "category": "environment.graffiti",
        "description": "楼道墙上又被喷了小广告。",
        "longitude": 116.417979,
        "latitude": 39.940146,
        "channel": "web",
    }


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_while_the_broker_is_away_every_post_is_taken_and_afterwards_each_arrives_once(
    place: Place, request_body: dict[str, Any], end: str
) -> None:
    before = [place.people.ask(request_body) for _ in range(3)]
    getattr(place.broker, end)()
    try:
        asked = [place.people.ask(request_body) for _ in range(REQUESTS)]
        for each in asked:
            place.people.verify(each)
        pending = "SELECT count(*) FROM grid.outbox WHERE published_at IS NULL"
        assert place.platform.count(pending) >= 2 * REQUESTS
        assert place.platform.ask("GET", "grid", "/grids").status_code == 200
    finally:
        place.broker.start()
    asked_after = place.people.ask(request_body)

    eventually(lambda: place.platform.count(pending) == 0, seconds=BACK_SECONDS, every=0.2)
    facts = [place.people.fact(each, "first_dispatched_at") for each in asked]
    others = [place.people.fact(each, "registered_at") for each in [*before, asked_after]]
    place.platform.idle()
    assert {fact["status"] for fact in facts} == {"open"}
    assert {fact["status"] for fact in others} == {"registered"}
    assert effects(place.platform, asked) == dict.fromkeys(STEPS, REQUESTS)
    assert place.platform.json("events", "dead", "list") == []
    assert {
        child.name: child.restarts for child in place.platform.supervisor.children if child.restarts
    } == {}


STEPS = ("request_registered", "request_verified", "case_opened", "case_dispatched")


def effects(platform: RunningPlatform, asked: list[Asked]) -> Counter[str]:
    """How many events of each type evaluation has of these requests; one case of each."""
    ids = [each.request_id for each in asked]
    assert platform.count(
        "SELECT count(*) FROM service_desk.case_file WHERE request_id = ANY(%s::uuid[])", ids
    ) == len(ids)
    sql = (
        "SELECT split_part(type, '.', 3) FROM evaluation.fact_event "
        "WHERE request_id = ANY(%s::uuid[])"
    )
    return Counter(kind for (kind,) in platform.rows(sql, ids))


def test_a_service_that_starts_while_the_broker_is_away_takes_requests_and_catches_up(
    place: Place, request_body: dict[str, Any]
) -> None:
    child = place.platform.child("grid")
    restarts, killed = child.restarts, child.process
    place.broker.stop()
    try:
        assert killed is not None
        killed.kill()
        place.platform.await_restart("grid", restarts)
        asked = place.people.ask(request_body)
    finally:
        place.broker.start()
    assert place.people.fact(asked, "registered_at")["status"] == "registered"
