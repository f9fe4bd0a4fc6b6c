"""The raw loops: what one would write by hand for the same broker and tables, and as fast as that
reasonably goes.

py-amqp and psycopg2, both written in part in C or trimmed for speed; statements built once; the
durability of the
platform: persistent messages, publisher confirms, mandatory, one commit per batch, acknowledging
after it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import amqp

ROWS = """
    SELECT seq, event_id, type, routing_key, headers, body FROM outbox WHERE seq > %s ORDER BY seq
        LIMIT %s"""
CLAIM = """
    INSERT INTO inbox (event_id, type, state, handled_at)
    SELECT id, type, 'handled', now() FROM unnest(%s::uuid[], %s::text[]) AS t(id, type)
    ON CONFLICT (event_id) DO NOTHING"""
TAKE_EFFECT = "INSERT INTO effect (event_id, subject) SELECT * FROM unnest(%s::uuid[], %s::text[])"
APPEND = """
    INSERT INTO outbox (event_id, type, routing_key, headers, body)
    SELECT * FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::jsonb[], %s::text[])"""

ACCEPTED = ("case_id", "request_id", "resource_id", "unit_id")


def connect(amqp_uri: str) -> Any:
    """An open py-amqp connection."""
    parts = urlsplit(amqp_uri)
    connection = amqp.Connection(
        f"{parts.hostname}:{parts.port}",
        parts.username,
        parts.password,
        virtual_host=parts.path[1:],
        heartbeat=0,
    )
    connection.connect()
    return connection


class RawPublisher:
    """Publishes with confirms, awaited by the batch."""

    def __init__(self, amqp_uri: str, exchange: str) -> None:
        self._connection = connect(amqp_uri)
        self._channel = self._connection.channel()
        self._channel.confirm_select()
        self._channel.events["basic_ack"].add(self._on_ack)
        self._exchange = exchange
        self._sent = self._confirmed = 0

    def publish(self, rows: Sequence[Any]) -> None:
        """Publish rows of `ROWS` and wait until all of them are confirmed."""
        for _, event_id, name, routing_key, headers, body in rows:
            message = amqp.Message(
                body,
                application_headers=headers,
                content_type="application/json",
                delivery_mode=2,
                message_id=str(event_id),
                type=name,
            )
            self._channel.basic_publish(message, self._exchange, routing_key, mandatory=True)
            self._sent += 1
        while self._confirmed < self._sent:
            self._connection.drain_events(timeout=30)

    def close(self) -> None:
        self._connection.close()

    def _on_ack(self, delivery_tag: int, multiple: bool) -> None:
        self._confirmed = delivery_tag if multiple else self._confirmed + 1


class RawFeed:
    """Messages of one queue in batches, acknowledged by the batch."""

    def __init__(self, amqp_uri: str, queue: str, prefetch: int) -> None:
        self._connection = connect(amqp_uri)
        self._channel = self._connection.channel()
        self._channel.basic_qos(0, prefetch, False)
        self._arrived: list[Any] = []
        self._channel.basic_consume(queue, callback=self._arrived.append)

    def collect(self, size: int, seconds: float = 0.02) -> list[Any]:
        """At least one message; then what comes within `seconds`, up to `size`."""
        while not self._arrived:
            self._connection.drain_events(timeout=30)
        deadline = monotonic() + seconds
        while len(self._arrived) < size and (left := deadline - monotonic()) > 0:
            try:
                self._connection.drain_events(timeout=left)
            except TimeoutError:
                break
        batch = self._arrived[:size]
        del self._arrived[:size]
        return batch

    def acknowledge(self, last: Any) -> None:
        """Acknowledge this message and all before it."""
        self._channel.basic_ack(last.delivery_tag, multiple=True)

    def close(self) -> None:
        self._connection.close()


def take(connection: Any, messages: Sequence[Any], ids: Sequence[str], routing_key: str) -> None:
    """The effect of a batch and the events it emits, in one transaction of three statements."""
    with connection.cursor() as cursor:
        events = [(message.headers, json.loads(message.body)) for message in messages]
        event_ids = [headers["ce-id"] for headers, _ in events]
        cursor.execute(CLAIM, (event_ids, [headers["ce-type"] for headers, _ in events]))
        cursor.execute(TAKE_EFFECT, (event_ids, [headers["ce-subject"] for headers, _ in events]))
        payloads = [json.dumps(dict.fromkeys(ACCEPTED, data["request_id"])) for _, data in events]
        new_headers = [
            json.dumps({**headers, "ce-id": new})
            for (headers, _), new in zip(events, ids, strict=True)
        ]
        names = [headers["ce-type"] for headers, _ in events]
        cursor.execute(APPEND, (ids, names, [routing_key] * len(ids), new_headers, payloads))
    connection.commit()


def as_json(value: Any) -> str:
    """Compact JSON text."""
    return json.dumps(value, separators=(",", ":"))
