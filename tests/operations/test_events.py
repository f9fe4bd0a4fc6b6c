"""What an operator does with the command when events fail, get lost or lead nowhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pika
import psycopg2
import pytest
from linli_devkit.processes import eventually
from linli_devkit.running_platform import RunningPlatform

from .conftest import Watched

GRIDS = 42
DRAWN = "linli.grid.grid_drawn.v1"


@pytest.fixture
def platform(watched: Watched) -> RunningPlatform:
    watched.platform.idle()
    return watched.platform


def execute(platform: RunningPlatform, sql: str, *values: Any) -> None:
    connection = psycopg2.connect(platform.environ["DATABASE_URL"])
    connection.autocommit = True
    try:
        connection.cursor().execute(sql, values or None)
    finally:
        connection.close()


@contextmanager
def broken(platform: RunningPlatform) -> Iterator[None]:
    """Nothing that evaluation folds can be written."""
    execute(platform, "ALTER TABLE evaluation.fact RENAME TO fact_elsewhere")
    try:
        yield
    finally:
        execute(platform, "ALTER TABLE evaluation.fact_elsewhere RENAME TO fact")


def ask(platform: RunningPlatform) -> str:
    """A resident asks; the id of the request."""
    body = {
        "category": "elder_care.meal_delivery",
        "description": "想申请送餐",
        "channel": "wechat",
        "consent": False,
    }
    place = {"longitude": 116.417979, "latitude": 39.940146}
    return str(platform.post("grid", "/requests", body | place)["request_id"])


def poison(platform: RunningPlatform, request_id: str) -> None:
    """Let the grid publish an event of a request that nobody can read."""
    sql = """
        INSERT INTO grid.outbox (event_id, type, routing_key, headers, body)
        SELECT id, type, routing_key, headers || jsonb_build_object('ce-id', id::text),
               '{"not": "as its schema says"}'
        FROM grid.outbox, (SELECT gen_random_uuid() AS id) AS new
        WHERE type = %s AND headers ->> 'ce-correlationid' = %s"""
    execute(platform, sql, "linli.grid.request_registered.v1", request_id)
    execute(platform, "SELECT pg_notify('linli_outbox_grid', '')")


def test_an_event_that_fails_is_listed_with_every_attempt_until_it_is_handled(
    platform: RunningPlatform,
) -> None:
    with broken(platform):
        request_id = ask(platform)

        def mine() -> list[dict[str, Any]]:
            return [
                one
                for one in platform.json("events", "failing")
                if one["correlation_id"] == request_id
            ]

        [one] = eventually(mine, seconds=30)
        assert (one["service"], one["state"]) == ("evaluation", "due")
        assert "fact" in one["error"]
        shown = eventually(lambda: twice_tried(platform, one["event_id"]), seconds=30)
        assert [tried["attempt"] for tried in shown["history"]] == list(
            range(1, len(shown["history"]) + 1)
        )
        times = [tried["at"] for tried in shown["history"]]
        assert times == sorted(times)
        table = platform.linli("events", "failing").stdout
        assert "evaluation" in table
    platform.idle(90)
    assert platform.json("events", "failing") == []
    assert platform.get("evaluation", f"/facts/{request_id}")["request_id"] == request_id


def twice_tried(platform: RunningPlatform, event_id: str) -> Any:
    shown = platform.json("events", "dead", "show", event_id)
    return shown if len(shown["history"]) > 1 else None


def test_a_dead_event_shows_its_history_and_who_decided_what(platform: RunningPlatform) -> None:
    request_id = ask(platform)
    platform.idle()
    poison(platform, request_id)
    [dead] = eventually(lambda: platform.json("events", "dead", "list"))
    assert (dead["service"], dead["correlation_id"]) == ("evaluation", request_id)
    event_id = dead["event_id"]
    platform.idle()  # what is dead is not on its way
    assert platform.json("events", "dead", "replay", event_id, "--by", "Li Na") == {"replayed": 1}

    def dead_again() -> Any:
        shown = platform.json("events", "dead", "show", event_id)
        return shown if shown["state"] == "dead" and len(shown["history"]) == 2 else None

    shown = eventually(dead_again)
    assert all("schema" in tried["error"] for tried in shown["history"])
    assert [(one["action"], one["by"]) for one in shown["decisions"]] == [("replay", "Li Na")]

    gone = platform.json(
        "events", "dead", "discard", event_id, "--reason", "sent by a test", "--by", "Wang Wei"
    )
    assert gone == {"discarded": 1}
    newest = platform.json("events", "dead", "decisions", "--limit", "1")[0]
    assert (newest["by"], newest["reason"], newest["state"]) == (
        "Wang Wei",
        "sent by a test",
        "discarded",
    )
    output = platform.linli("events", "dead", "show", event_id, language="zh").stdout
    assert "Wang Wei 已放弃: sent by a test" in output
    assert output.index("第 1 次尝试") < output.index("Li Na 已重放") < output.index("Wang Wei")
    assert "Wang Wei" in platform.linli("events", "dead", "decisions").stdout
    # What was given up can neither be replayed nor given up again.
    platform.linli("events", "dead", "replay", event_id, code=1)


def test_what_was_published_is_published_again_and_handled_once(
    watched: Watched, platform: RunningPlatform
) -> None:
    handled = "SELECT count(*) FROM evaluation.inbox WHERE type = %s AND state = 'handled'"
    before, grids = platform.count(handled, DRAWN), platform.get("grid", "/grids", limit=1)
    result = platform.linli(
        "events",
        "republish",
        "grid",
        "--since",
        "2020-01-01",
        "--type",
        "grid_drawn",
        "--json",
        code=2,
    )
    assert f"{GRIDS}  {DRAWN}" in result.stderr
    assert json.loads(result.stdout)["error"] == "Nothing was done."
    done = platform.json(
        "events", "republish", "grid", "--since", "2020-01-01", "--type", "grid_drawn", "--yes"
    )
    assert done == {"republished": GRIDS, "types": {DRAWN: GRIDS}}
    labels = {"service": "evaluation", "type": DRAWN}
    eventually(
        lambda: (
            (watched.service("evaluation").value("linli_inbox_duplicates_total", **labels) or 0)
            >= GRIDS
        )
    )
    platform.idle()
    assert platform.count(handled, DRAWN) == before
    assert platform.get("grid", "/grids", limit=1) == grids
    nothing = platform.json("events", "republish", "grid", "--since", "2999-01-01")
    assert nothing == {"republished": 0, "types": {}}
    assert (
        "There is no service"
        in platform.json("events", "republish", "portal", "--since", "2020-01-01", code=2)["error"]
    )
    assert (
        "is no time"
        in platform.json("events", "republish", "grid", "--since", "yesterday", code=2)["error"]
    )


def test_what_no_queue_takes_can_be_seen_without_removing_it(platform: RunningPlatform) -> None:
    assert platform.json("events", "unrouted") == {"depth": 0, "first": []}
    headers = {"ce-type": "linli.grid.grid_drawn.v9", "ce-id": "x", "ce-subject": "110101005001001"}
    with pika.BlockingConnection(pika.URLParameters(platform.environ["AMQP_URI"])) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        for _ in range(3):
            channel.basic_publish(
                "linli.unrouted", "", b"{}", pika.BasicProperties(headers=headers)
            )
        for _ in range(3):
            unrouted = platform.json("events", "unrouted", "--limit", "2")
            assert (unrouted["depth"], len(unrouted["first"])) == (3, 2)
        assert unrouted["first"][0] == {"headers": headers, "body": "{}"}
        assert "linli.grid.grid_drawn.v9" in platform.linli("events", "unrouted").stdout
        channel.queue_purge("linli.unrouted")
