"""A session of an operator: the inboxes, outboxes and queues of all services at once."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from itertools import product
from types import TracebackType
from typing import TYPE_CHECKING
from uuid import UUID

import sqlalchemy as sa
from linli_contracts.manifest import api_services

from linli.base.context import Context

if TYPE_CHECKING:
    from datetime import datetime

    from linli_chassis.messaging.dead_letters import Decision, StoredEvent
    from linli_chassis.messaging.operations import ServiceStatus
    from linli_contracts.envelope import Event, Message


TAIL_POLL_SECONDS = 0.05
_UNDELIVERED = """
    SELECT count(*) FROM "{0}".outbox AS sent
    WHERE sent.published_at > now() - interval '15 minutes' AND sent.type = ANY(:types)
      AND NOT EXISTS (SELECT FROM "{1}".inbox AS known WHERE known.event_id = sent.event_id)
      -- What could not be read is kept under an id of its own.
      AND sent.event_id::text NOT IN (
          SELECT coalesce(headers ->> 'ce-id', '') FROM "{1}".inbox WHERE state = 'dead' UNION ALL
          SELECT coalesce(headers ->> 'ce-id', '')
          FROM "{1}".inbox JOIN "{1}".inbox_audit USING (event_id)
          WHERE action = 'discard')"""


class Operations:
    """One database engine for each service, disposed of at the end of the `with` block.

    Raises:
        UsageFailure: DATABASE_URL is not known.
    """

    def __init__(self, context: Context) -> None:
        self.context = context
        self.amqp_uri = context.amqp_uri or None

    @cached_property
    def engines(self) -> dict[str, sa.Engine]:
        from linli_chassis.storage.database import create_engine

        url = self.context.need("database_url")
        return {
            name: create_engine(url, name, pool_size=2, application="linli")
            for name in api_services()
        }

    def __enter__(self) -> Operations:
        self.engines  # noqa: B018  # fails before anything is shown
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        for engine in self.engines.values():
            engine.dispose()

    def statuses(self) -> list[ServiceStatus]:
        from linli_chassis.messaging.operations import service_status

        return [
            service_status(engine, name, self.amqp_uri) for name, engine in self.engines.items()
        ]

    def undelivered(self) -> int:
        """Events published in the last 15 minutes that a subscriber has neither handled nor kept.

        The depth of a queue does not count what a consumer was given and has not committed yet;
        this does. Older events are left out, for a subscription that is new does not get them.
        """
        from linli_contracts.registry import consumed_by

        total = 0
        with next(iter(self.engines.values())).connect() as connection:
            for consumer, producer in product(self.engines, repeat=2):
                types = [
                    entry.name for entry in consumed_by(consumer) if entry.producer == producer
                ]
                if types:
                    statement = sa.text(_UNDELIVERED.format(producer, consumer))
                    total += connection.execute(statement, {"types": types}).scalar_one()
        return total

    def find_stored_event(self, event_id: UUID, service: str | None = None) -> list[StoredEvent]:
        """The event wherever it was kept: due, dead or discarded, in one service or in several."""
        from linli_chassis.messaging.dead_letters import stored_event

        events = (
            stored_event(self.engines[name], name, event_id) for name in self._chosen(service)
        )
        return [event for event in events if event is not None]

    def dead(self, service: str | None, limit: int) -> list[StoredEvent]:
        """Dead events of one service or of all, at most `limit` of each."""
        from linli_chassis.messaging.dead_letters import dead_events

        return [
            event
            for name in self._chosen(service)
            for event in dead_events(self.engines[name], name, limit)
        ]

    def failing(self, service: str | None, limit: int) -> list[StoredEvent]:
        """Events that will be tried again, of one service or of all, at most `limit` of each."""
        from linli_chassis.messaging.dead_letters import failing_events

        return [
            event
            for name in self._chosen(service)
            for event in failing_events(self.engines[name], name, limit)
        ]

    def decisions(
        self, service: str | None, limit: int, event_id: UUID | None = None
    ) -> list[Decision]:
        """What was decided on dead events, or on one of them, the newest first."""
        from linli_chassis.messaging.dead_letters import decisions

        decided = (
            decision
            for name in self._chosen(service)
            for decision in decisions(self.engines[name], name, event_id, limit)
        )
        return sorted(decided, key=lambda decision: decision.at, reverse=True)

    def unrouted(self, limit: int) -> tuple[int, list[Message]]:
        """How many messages no queue was bound for, and the first of them.

        Raises:
            BusUnavailable, UsageFailure: the broker does not answer, or is not known.
        """
        from linli_chassis.messaging.operations import unrouted

        return unrouted(self.context.need("amqp_uri"), limit)

    def tail(self, since: datetime | None = None) -> Iterator[Event]:
        """Every event as the services publish it, without end."""
        from linli_chassis.messaging.operations import tail

        # One engine is enough: the outboxes are asked for by the names of their schemas.
        return tail(
            next(iter(self.engines.values())), api_services(), since, poll_seconds=TAIL_POLL_SECONDS
        )

    def _chosen(self, service: str | None) -> list[str]:
        return [service] if service else list(self.engines)
