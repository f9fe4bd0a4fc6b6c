"""What the inbox of a service logs and measures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from time import time
from typing import Any

import structlog
from linli_contracts.envelope import Event, UnreadableEvent

from linli_chassis.messaging.retry import state_after
from linli_chassis.observability import logs, metrics

log = structlog.get_logger(__name__)

_COUNTERS = (
    metrics.inbox_handled,
    metrics.inbox_duplicates,
    metrics.inbox_retries,
    metrics.inbox_dead,
)


class InboxReport:
    """Counts and logs what becomes of the events of one service."""

    def __init__(self, service: str, types: Iterable[str]) -> None:
        self._service = service
        for name in types:
            for counter in _COUNTERS:
                counter.labels(service, name)  # 0 from the start, so that the first is an increase

    def handled(self, events: Sequence[Event]) -> None:
        """The effect of these events was committed."""
        self._count(metrics.inbox_handled, events)
        delay = metrics.inbox_delay_seconds.labels(self._service)
        for event in events:
            # A UUID of version 7 has the time of its creation; `time` may be long before that.
            if event.id.version == 7:
                delay.observe(max(0.0, time() - (event.id.int >> 80) / 1000))
        logs.events("events handled", self._service, events)

    def repeated(self, events: Sequence[Event]) -> None:
        """These events had been handled before."""
        self._count(metrics.inbox_duplicates, events)

    def duration(self, event_type: str, seconds: float) -> None:
        """A handler took so long for a batch."""
        metrics.inbox_handler_seconds.labels(self._service, event_type).observe(seconds)

    def dropped(self, events: Sequence[Event]) -> None:
        """The service does not subscribe the types of these events, or no longer."""
        self._count(metrics.inbox_dropped, events)

    def failed(self, event: Event, attempts: int, error: str) -> None:
        """An attempt at an event failed."""
        dead = state_after(attempts)[0] == "dead"
        self._count(metrics.inbox_dead if dead else metrics.inbox_retries, [event])
        log.warning(
            "event could not be handled",
            service=self._service,
            event_id=str(event.id),
            event_type=event.type,
            correlation_id=event.correlation_id,
            attempts=attempts,
            dead=dead,
            error=error,
        )

    def unreadable(self, event_type: str, error: UnreadableEvent, *, dead: bool) -> None:
        """A message is no event that this service can read, now or ever."""
        counter = metrics.inbox_dead if dead else metrics.inbox_retries
        counter.labels(self._service, "unreadable").inc()
        log.error(
            "event laid aside as dead" if dead else "event of an unknown type stored to be retried",
            service=self._service,
            event_type=event_type,
            error=str(error),
        )

    def _count(self, metric: Any, events: Sequence[Event]) -> None:
        for name, count in Counter(event.type for event in events).items():
            metric.labels(self._service, name).inc(count)
