"""The inbox: what makes an event take effect once, and keeps every event that could not be handled.

A batch of events is handled in one transaction together with the ids of its events. If that fails,
each event is tried alone; one that fails again is kept here with its body and error and is tried
later, then laid aside as dead. So the queue behind it always moves, and retries survive a restart.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from time import perf_counter, time
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

import sqlalchemy as sa
import structlog
from linli_contracts.envelope import Event, Message, UnreadableEvent, decode

from linli_chassis.messaging import inbox_store
from linli_chassis.observability import logs, metrics, tracing
from linli_chassis.storage.database import is_unavailable
from linli_chassis.storage.unit_of_work import UnitOfWork, UnitOfWorkFactory

log = structlog.get_logger(__name__)

Handler = Callable[[UnitOfWork[Any], list[Event]], None]


class NotYet(Exception):
    """Raised by a handler when something the event builds on has not arrived; the event is tried
    again later.
    """


class DatabaseUnavailable(Exception):
    """The database cannot be used now; nothing was taken, so nothing may be acknowledged."""


@dataclass(frozen=True, slots=True)
class _Arrival:
    """A message and, when it could be read, its event. `attempts` counts the failed ones so far.

    `row_id` is the id of the row it is kept in: not that of the event, if it could not be read when
    it came.
    """

    message: Message
    event: Event
    row_id: UUID
    attempts: int = 0

    @property
    def renamed(self) -> bool:
        return self.row_id != self.event.id


class Inbox:
    """Takes messages in for one service and sees to it that each event has its effect once.

    Args:
        open_unit: opens a unit of work that commits on leaving.
        handlers: event type name to handler. A handler gets all events of its type in a batch.
    """

    def __init__(self, open_unit: UnitOfWorkFactory[Any], handlers: Mapping[str, Handler]) -> None:
        self._open_unit, self._service = open_unit, open_unit.service
        self._handlers = handlers
        for counter in (
            metrics.inbox_handled,
            metrics.inbox_duplicates,
            metrics.inbox_retries,
            metrics.inbox_dead,
        ):
            for name in handlers:
                counter.labels(
                    self._service, name
                )  # zero is told from the start, so that the first is an increase

    def receive(self, messages: Sequence[Message]) -> None:
        """Take in messages from the broker; on return each is handled, kept for later, or laid
        aside as dead.

        Raises:
            DatabaseUnavailable: none of them may be acknowledged.
        """
        arrivals = []
        for message in messages:
            arrival = self._read(message)
            if arrival is not None:
                arrivals.append(arrival)
        if not arrivals or self._try(self._claim_and_handle, arrivals) is None:
            return
        for arrival in arrivals:
            error = self._try(self._claim_and_handle, [arrival])
            if error is not None:
                self._warn(arrival.event, 1, error)
                self._keep(
                    arrival.message,
                    arrival.event.id,
                    arrival.event.type,
                    _reason(error),
                    dead=False,
                )

    def retry_due(self, limit: int = 100) -> int:
        """Try the events whose time has come, together, then alone; returns how many there were.

        Raises:
            DatabaseUnavailable: try again when it is back.
        """
        due: list[_Arrival] = []

        def settle(
            find: Callable[[sa.Connection], Sequence[sa.Row[Any]]],
        ) -> Callable[[UnitOfWork[Any]], None]:
            def work(uow: UnitOfWork[Any]) -> None:
                rows = find(uow.connection)
                due[:] = [
                    arrival for row in rows if (arrival := self._stored(uow, row)) is not None
                ]
                known = self._claim(uow, [arrival for arrival in due if arrival.renamed])
                self._handle(
                    uow, [*known, *(arrival.event for arrival in due if not arrival.renamed)]
                )
                inbox_store.settle(uow.connection, [arrival.row_id for arrival in due])

            return work

        error = self._try_unit(settle(lambda connection: inbox_store.due(connection, limit)))
        if error is None:
            return len(due)
        if not due:
            raise error  # not even looking for them works, which no trying again mends
        failed = list(due)
        for arrival in failed:
            error = self._try_unit(settle(partial(inbox_store.due_one, event_id=arrival.row_id)))
            if error is not None:
                self._postpone(arrival, error)
        return len(failed)

    def seconds_to_next(self) -> float | None:
        """How long until the next kept event is due; None when there is none. Raises
        `DatabaseUnavailable`.
        """
        found: list[float | None] = []
        error = self._try_unit(
            lambda uow: found.append(inbox_store.seconds_to_next(uow.connection))
        )
        if error is not None:
            raise error
        return None if found[0] is None else max(0.0, found[0])

    # One batch, one transaction

    def _claim_and_handle(self, uow: UnitOfWork[Any], arrivals: Sequence[_Arrival]) -> None:
        fresh = self._claim(uow, arrivals)
        self._handle(uow, fresh)

    def _claim(self, uow: UnitOfWork[Any], arrivals: Sequence[_Arrival]) -> list[Event]:
        """Enter the ids; the events whose id was not there yet, in the order they came."""
        if not arrivals:
            return []
        by_id = {arrival.event.id: arrival.event for arrival in arrivals}
        ours = inbox_store.claim(uow.connection, list(by_id.values()))
        repeated = [arrival.event for arrival in arrivals if arrival.event.id not in ours]
        uow.after_commit(lambda: self._count(metrics.inbox_duplicates, repeated))
        return [event for event in by_id.values() if event.id in ours]

    def _handle(self, uow: UnitOfWork[Any], events: Sequence[Event]) -> None:
        by_type: dict[str, list[Event]] = defaultdict(list)
        for event in events:
            by_type[event.type].append(event)
        for handler, group in self._grouped(by_type):
            began = perf_counter()
            with tracing.handling(self._service, group) as traced:
                handler(uow, traced)
            metrics.inbox_handler_seconds.labels(self._service, group[0].type).observe(
                perf_counter() - began
            )
        uow.after_commit(lambda: self._handled(events))

    def _handled(self, events: Sequence[Event]) -> None:
        self._count(metrics.inbox_handled, events)
        delay = metrics.inbox_delay_seconds.labels(self._service)
        for event in events:
            if (
                event.id.version == 7
            ):  # it tells when it was made; the event's `time` may be long before
                delay.observe(max(0.0, time() - (event.id.int >> 80) / 1000))
        logs.events("events handled", self._service, events)

    def _count(self, metric: Any, events: Sequence[Event]) -> None:
        for name, count in Counter(event.type for event in events).items():
            metric.labels(self._service, name).inc(count)

    def _grouped(self, by_type: Mapping[str, list[Event]]) -> list[tuple[Handler, list[Event]]]:
        # A handler that subscribes several types gets them all in one call.
        groups: dict[Handler, list[Event]] = defaultdict(list)
        for name, events in by_type.items():
            groups[self._handlers[name]].extend(events)
        return list(groups.items())

    # What went wrong, and where it goes

    def _try(
        self,
        work: Callable[[UnitOfWork[Any], Sequence[_Arrival]], None],
        arrivals: Sequence[_Arrival],
    ) -> Any:
        return self._try_unit(lambda uow: work(uow, arrivals))

    def _try_unit(self, work: Callable[[UnitOfWork[Any]], Any]) -> Exception | None:
        """Run `work` in a unit of work; its error, unless the database is away."""
        try:
            with self._open_unit() as uow:
                work(uow)
        except Exception as error:
            if is_unavailable(error):
                raise DatabaseUnavailable(str(error)) from error
            return error
        return None

    def _read(self, message: Message) -> _Arrival | None:
        """The arrival, or None when no number of tries would help and it went straight to the dead
        letters.
        """
        try:
            event = self._decode(message)
            return _Arrival(message, event, event.id)
        except UnreadableEvent as error:
            name = str(message.headers.get("ce-type", "unknown"))[:200]
            self._warn_unreadable(name, error)
            self._keep(message, _id_of(message), name, str(error), dead=True)
            return None

    def _stored(self, uow: UnitOfWork[Any], row: Any) -> _Arrival | None:
        message = Message(row.headers, bytes(row.body), row.content_type)
        try:
            return _Arrival(message, self._decode(message), row.event_id, row.attempts)
        except UnreadableEvent as error:
            self._warn_unreadable(row.type, error)
            inbox_store.bury(uow.connection, row.event_id, str(error))
            return None

    def _decode(self, message: Message) -> Event:
        event = decode(message)
        if event.type not in self._handlers:
            raise UnreadableEvent(f"this service subscribes no {event.type}")
        return event

    def _keep(self, message: Message, event_id: UUID, name: str, error: str, *, dead: bool) -> None:
        self._insist(
            lambda uow: inbox_store.keep(uow.connection, message, event_id, name, error, dead=dead)
        )

    def _postpone(self, arrival: _Arrival, error: Exception) -> None:
        attempts = arrival.attempts + 1
        self._warn(arrival.event, attempts, error)
        self._insist(
            lambda uow: inbox_store.postpone(
                uow.connection, arrival.row_id, attempts, _reason(error)
            )
        )

    def _insist(self, work: Callable[[UnitOfWork[Any]], None]) -> None:
        failure = self._try_unit(work)
        if failure is not None:
            raise failure

    def _warn(self, event: Event, attempts: int, error: Exception) -> None:
        dead = inbox_store.verdict(attempts)[0] == "dead"
        self._count(metrics.inbox_dead if dead else metrics.inbox_retries, [event])
        log.warning(
            "event could not be handled",
            service=self._service,
            event_id=str(event.id),
            event_type=event.type,
            correlation_id=event.correlation_id,
            attempts=attempts,
            dead=dead,
            error=_reason(error),
        )

    def _warn_unreadable(self, name: str, error: UnreadableEvent) -> None:
        metrics.inbox_dead.labels(self._service, "unreadable").inc()
        log.error(
            "event laid aside as dead", service=self._service, event_type=name, error=str(error)
        )


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {logs.words_of(error)}"[:2_000]


def _id_of(message: Message) -> UUID:
    """An id for a message without a readable one, the same each time it is delivered."""
    return uuid5(
        NAMESPACE_OID, json.dumps([sorted(map(str, message.headers.items())), message.body.hex()])
    )
