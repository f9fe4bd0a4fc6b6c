"""The examples for other systems follow a real broker, and verify who calls."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import requests
from linli_contracts.envelope import Event, Message, encode
from linli_contracts.events.grid.requests import RequestRegistered
from linli_contracts.events.service_desk.cases import CaseClosed
from linli_contracts.registry import find
from linli_devkit.contracts.examples import example_event
from linli_devkit.ports import free_port
from linli_devkit.processes import eventually
from standardwebhooks import Webhook

from .conftest import DISTRICT, EXAMPLES, Broker

Program = Callable[..., Any]
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def registered() -> Event:
    return example_event(RequestRegistered, request_id=uuid4())


def closed(hours: float) -> Event:
    return example_event(CaseClosed, case_id=uuid4(), working_hours=hours)


def test_a_consumer_takes_fewer_than_thirty_lines() -> None:
    assert len((EXAMPLES / "01_consume" / "consume.py").read_text().splitlines()) < 30


@pytest.mark.broker
def test_a_consumer_prints_what_happens_and_what_happened_meanwhile(
    broker: Broker, program: Program
) -> None:
    uri = broker.add_subscriber("example-consume", "linli.grid.request_registered.v1")
    environ = {"AMQP_URI": uri, "LINLI_DISTRICT": DISTRICT}
    for _ in range(2):
        with program("01_consume/consume.py", **environ) as lines:
            eventually(lambda: bound(broker, "example-consume"), seconds=30)
            broker.publish(registered())
            eventually(lambda: any("elder_care.home_visit" in line for line in lines()))
        broker.publish(registered())  # waits for the next run, which truncates the output


def bound(broker: Broker, name: str) -> bool:
    path = f"/queues/{broker.vhost}/linli.subscriber.{name}/bindings"
    return any(one["source"] == "linli.events" for one in broker.server.api("GET", path))


@pytest.mark.broker
@pytest.mark.parametrize("arguments", [[], ["first"]], ids=["queue", "stream"])
def test_a_subscriber_keeps_each_event_once_and_sets_aside_what_cannot_be_taken(
    arguments: list[str], broker: Broker, program: Program, tmp_path: Path
) -> None:
    uri = broker.add_subscriber("example-queue", "linli.service_desk.case_closed.v1")
    environ = {"AMQP_URI": uri, "LINLI_DISTRICT": DISTRICT, "DATABASE": "cases.db"}

    def rows(query: str) -> list[Any]:
        with sqlite3.connect(tmp_path / "cases.db") as database:
            rows = database.execute(query).fetchall()
        database.close()
        return rows

    first, second = closed(2.5), closed(4.0)
    with program("02_subscribe_queue/subscribe.py", *arguments, **environ):
        eventually(lambda: arguments or bound(broker, "example-queue"), seconds=30)
        broker.publish(first, first)
        message = encode(closed(1.0))
        torn = Message(message.headers, b"{", message.content_type)
        broker.publish_message(torn, find(first.type).routing_key(DISTRICT))
        eventually(lambda: (tmp_path / "cases.db").exists(), seconds=30)
        eventually(lambda: rows("SELECT * FROM quarantine"), seconds=30)
        assert rows("SELECT case_id, working_hours FROM closed_case") == [(first.subject, 2.5)]
    broker.publish(second)
    with program("02_subscribe_queue/subscribe.py", *arguments, **environ):
        eventually(lambda: len(rows("SELECT * FROM closed_case")) == 2, seconds=30)
        assert len(rows("SELECT * FROM quarantine")) == 1
    assert bool(rows("SELECT * FROM position")) == bool(arguments)


def test_a_receiver_takes_each_event_once_and_only_from_us(program: Program) -> None:
    port, event = free_port(), registered()
    body = json.dumps({"id": str(event.id), "type": event.type, "subject": event.subject})

    def post(secret: str, body: str = body) -> int | None:
        now = datetime.now(UTC)
        headers = {
            "webhook-id": str(event.id),
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(secret).sign(str(event.id), now, body),
        }
        try:
            return requests.post(
                f"http://127.0.0.1:{port}/", body, headers=headers, timeout=5
            ).status_code
        except requests.ConnectionError:
            return None

    with program("03_webhook_receiver/receive.py", WEBHOOK_SECRET=SECRET, PORT=str(port)) as lines:
        assert eventually(lambda: post(SECRET), seconds=30) == 204
        assert post(SECRET) == 204
        assert post("whsec_c29tZWJvZHkgZWxzZSdzIHNlY3JldA==") == 401
        assert post(SECRET, "x" * 200_000) == 413
        printed = [line for line in lines() if line.startswith("linli.")]
        assert printed == [f"{event.type} {event.subject}"]
