"""Messages that nobody should have sent, and messages that come again and again in any order."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import amqp
import pytest
import sqlalchemy as sa
from linli_chassis.messaging.topology import EXCHANGE, queue_of
from linli_contracts.envelope import CONTENT_TYPE, encode
from linli_contracts.events.grid.requests import RequestVerified
from linli_contracts.events.organization.resources import ResourceWithdrawn
from linli_contracts.manifest import api_services
from linli_contracts.registry import consumers_of, find
from linli_devkit.contracts.examples import example_event

from .environment import FaultEnvironment

pytestmark = pytest.mark.faults

GOOD = encode(example_event(RequestVerified))
NOT_OURS = encode(example_event(ResourceWithdrawn))
Poison = tuple[dict[Any, Any], bytes, str]

POISON: dict[str, Poison] = {
    "empty": ({}, b"", ""),
    "text": ({}, b"hello", "text/plain"),
    "not UTF-8": (dict(GOOD.headers), b"\xff\xfe{", CONTENT_TYPE),
    "not JSON": (dict(GOOD.headers), b"{request", CONTENT_TYPE),
    "too deep": (dict(GOOD.headers), b"[" * 50_000, CONTENT_TYPE),
    "against its schema": (dict(GOOD.headers), b'{"request_id": 5}', CONTENT_TYPE),
    "another content type": (dict(GOOD.headers), GOOD.body, "application/x-msgpack"),
    "compressed, it says": (
        {**GOOD.headers, "compression": "application/x-gzip"},
        b"\x1f\x8b",
        CONTENT_TYPE,
    ),
    "too large": (dict(GOOD.headers), b'"' + b"x" * 100_000 + b'"', CONTENT_TYPE),
    "far too large": (dict(GOOD.headers), b'"' + b"x" * 8_000_000 + b'"', CONTENT_TYPE),
    "of an unknown type": (
        {**GOOD.headers, "ce-type": "linli.grid.grid_painted.v9"},
        GOOD.body,
        CONTENT_TYPE,
    ),
    "of a type not subscribed": (dict(NOT_OURS.headers), NOT_OURS.body, CONTENT_TYPE),
    "without an id": (
        {k: v for k, v in GOOD.headers.items() if k != "ce-id"},
        GOOD.body,
        CONTENT_TYPE,
    ),
    "with an id that is none": (
        {**GOOD.headers, "ce-id": "../../etc/passwd"},
        GOOD.body,
        CONTENT_TYPE,
    ),
    "with a number for an id": ({**GOOD.headers, "ce-id": 5}, GOOD.body, CONTENT_TYPE),
    "with tables in tables": (
        {**GOOD.headers, "ce-id": {"a": [1, {"b": None}]}},
        GOOD.body,
        CONTENT_TYPE,
    ),
    "with a time that is none": (
        {**GOOD.headers, "ce-time": "2026-13-45"},
        GOOD.body,
        CONTENT_TYPE,
    ),
    "with a sequence too long": (
        {**GOOD.headers, "ce-sequence": "9" * 400},
        GOOD.body,
        CONTENT_TYPE,
    ),
    "with NUL": ({**GOOD.headers, "ce-subject": "a\0b"}, GOOD.body, CONTENT_TYPE),
    "with half a surrogate pair": (
        {**GOOD.headers, "ce-subject": "\ud800"},
        GOOD.body,
        CONTENT_TYPE,
    ),
    "with a type that is no UTF-8": (
        {**GOOD.headers, "ce-type": b"\xff\xfe"},
        GOOD.body,
        CONTENT_TYPE,
    ),
    "with a content type that is no UTF-8": (dict(GOOD.headers), GOOD.body, b"\xff"),  # type: ignore[dict-item]
}


def test_poison_ends_as_dead_letters_and_holds_nothing_up(environment: FaultEnvironment) -> None:
    assert consumers_of(find(NOT_OURS.headers["ce-type"])) == ("service_desk",)
    queues = [queue_of("evaluation"), queue_of("grid")]
    with (
        environment.trial(
            "poison, oversized, unknown, undecodable", events_within=20, answers_within=5
        ) as trial,
        channel(environment) as wire,
    ):
        trial.poison = len(POISON) * len(queues)
        for _ in range(2):  # what comes again is the same dead letter
            for headers, body, content_type in POISON.values():
                for queue in queues:
                    wire.basic_publish(_message(headers, body, content_type), "", queue)
            trial.passed(5)
        trial.healed()
    assert trial.load.failures.total() == 0
    dead_rows = environment.rows(
        "SELECT octet_length(body), error FROM evaluation.inbox WHERE state = 'dead'"
    )
    assert max(size for size, _ in dead_rows) > 8_000_000
    assert all(error for _, error in dead_rows)


def test_events_that_come_again_and_again_in_any_order_change_nothing(
    environment: FaultEnvironment,
) -> None:
    sql = (
        "SELECT event_id::text, routing_key, headers, body, type FROM {}.outbox "
        "ORDER BY seq DESC LIMIT 500"
    )
    rows = [row for name in api_services() for row in environment.rows(sql.format(name))]
    storm = rows * 3
    random.Random(20261122).shuffle(storm)
    handled = environment.one("SELECT count(*) FROM evaluation.inbox")
    with (
        environment.trial(
            "duplicate storm and shuffle", events_within=60, answers_within=5
        ) as trial,
        channel(environment) as wire,
    ):
        before = facts(environment, rows)
        for event_id, key, headers, body, name in storm:
            message = _message(headers, body.encode(), CONTENT_TYPE, message_id=event_id, type=name)
            wire.basic_publish(message, EXCHANGE, key)
        trial.healed()
        trial.passed(5)  # their events come behind the storm, so at rest all of it was taken in
    assert facts(environment, rows) == before
    assert handled > 100
    assert trial.load.failures.total() == 0


def facts(environment: FaultEnvironment, rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """The facts of closed and rejected requests: nothing else may change them by itself."""
    subjects = [headers["ce-subject"] for _, _, headers, _, _ in rows]
    sql = """
        SELECT f.* FROM evaluation.fact AS f
        WHERE f.request_id::text = ANY(%s)
          AND f.status IN ('rejected', 'resolved_on_spot', 'registered')
        ORDER BY f.request_id"""
    return environment.rows(sql, subjects)


@contextmanager
def channel(environment: FaultEnvironment) -> Iterator[Any]:
    """A channel of a client that can send what no honest one would."""
    uri = sa.make_url(environment.amqp_uri)
    with amqp.Connection(
        f"127.0.0.1:{uri.port}", "guest", "guest", virtual_host=uri.database
    ) as connection:
        yield connection.channel()


def _message(
    headers: dict[Any, Any], body: bytes, content_type: Any, **properties: str
) -> amqp.Message:
    return amqp.Message(
        body, application_headers=headers, content_type=content_type, delivery_mode=2, **properties
    )
