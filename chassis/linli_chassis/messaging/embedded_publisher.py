"""The embedded bus: without a broker, events go straight into the other services' inboxes.

A relay that dies between delivering and marking delivers again; the inbox table knows the ids.
"""

from __future__ import annotations

import json
import select
from collections import defaultdict
from collections.abc import Sequence

import sqlalchemy as sa
from linli_contracts.registry import consumers_of, find

from linli_chassis.messaging.inbox_store import channel_of, printable_headers
from linli_chassis.messaging.outbox import OutboxRow

_DELIVER = """
    WITH delivered AS (
        INSERT INTO "{service}".inbox
            (event_id, type, state, next_attempt_at, headers, content_type, body)
        SELECT id, type, 'due', now(), headers, 'application/json', convert_to(body, 'UTF8')
        FROM unnest(CAST(:ids AS uuid[]), CAST(:types AS text[]), CAST(:headers AS jsonb[]),
                    CAST(:bodies AS text[])) AS t(id, type, headers, body)
        ORDER BY id ON CONFLICT (event_id) DO NOTHING)
    SELECT pg_notify(:channel, '')"""


class EmbeddedPublisher:
    """Delivers into the inboxes of the services that consume each type, as their manifests say."""

    def publish(self, connection: sa.Connection, rows: Sequence[OutboxRow]) -> list[int]:
        """Deliver the rows; see `Publisher`."""
        by_consumer: dict[str, list[OutboxRow]] = defaultdict(list)
        for row in rows:
            for consumer in consumers_of(find(row.type)):
                by_consumer[consumer].append(row)
        for consumer, group in sorted(by_consumer.items()):
            deliver(connection, consumer, group)
        return [row.seq for row in rows]

    def wait(self, fileno: int, seconds: float) -> None:
        """Wait for the database; see `Publisher`."""
        select.select([fileno], [], [], seconds)

    def maintain(self, connection: sa.Connection) -> None:
        """Nothing can be lost between outbox and inbox."""

    def abort_pending(self) -> None:
        """Nothing waits for long."""

    def close(self) -> None:
        """There is no connection."""


def deliver(connection: sa.Connection, consumer: str, rows: Sequence[OutboxRow]) -> None:
    """Put events into the inbox of a service, due now; those with a known id are left out."""
    connection.execute(
        sa.text(_DELIVER.format(service=consumer)),
        {
            "ids": [str(row.event_id) for row in rows],
            "types": [row.type for row in rows],
            "headers": [json.dumps(printable_headers(row.message.headers)) for row in rows],
            "bodies": [row.message.body.decode() for row in rows],
            "channel": channel_of(consumer),
        },
    )
