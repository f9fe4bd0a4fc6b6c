"""The inbox: each event takes effect once, and no event that could not be handled is lost.

A batch of events is handled in one transaction together with the ids of its events. If that fails,
each event is tried alone; one that fails again is stored with its body and error and is retried,
until it is a dead letter. So the queue behind it always moves, and retries survive a restart.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import Any, NoReturn
from uuid import NAMESPACE_OID, UUID, uuid5

import sqlalchemy as sa
from linli_contracts.envelope import Event, Message, UnknownEvent, UnreadableEvent, decode

from linli_chassis.messaging import inbox_store
from linli_chassis.messaging.inbox_report import InboxReport
from linli_chassis.messaging.retry import state_after
from linli_chassis.observability import logs, tracing, watchdog
from linli_chassis.process import failpoints
from linli_chassis.storage.database import is_canceled, is_unavailable
from linli_chassis.storage.unit_of_work import UnitOfWork, UnitOfWorkFactory

Handler = Callable[[UnitOfWork[Any], list[Event]], None]
_Work = Callable[[UnitOfWork[Any]], object]

# Out of memory or of locks: the database is well, but a batch needs too much of it.
_TOO_MUCH = ("53200", "53400")


class NotYet(Exception):
    """Raised by a handler when something that the event builds on has not arrived.

    The event is retried later.
    """


class DatabaseUnavailable(Exception):
    """The database cannot be used now; nothing was stored, so nothing may be acknowledged."""


@dataclass(frozen=True, slots=True)
class _Arrival:
    """A message and its event. `attempts` counts the failed ones so far.

    `row_id` is the id of the row it is stored in: not that of the event, if it could not be read
    when it arrived.
    """

    message: Message
    event: Event
    row_id: UUID
    attempts: int = 0

    @property
    def was_unreadable(self) -> bool:
        return self.row_id != self.event.id


class Inbox:
    """Receives messages for one service and sees to it that each event has its effect once.

    Args:
        open_unit: opens a unit of work that commits on leaving.
        handlers: event type name to handler. A handler gets all events of its types in a batch.
    """

    def __init__(self, open_unit: UnitOfWorkFactory[Any], handlers: Mapping[str, Handler]) -> None:
        self._open_unit, self._service = open_unit, open_unit.service
        self._handlers = handlers
        self._report = InboxReport(self._service, handlers)

    def receive(self, messages: Sequence[Message]) -> None:
        """Handle messages from the broker, or store them to be retried or as dead letters.

        Raises:
            DatabaseUnavailable: none of them may be acknowledged.
        """
        read = [arrival for arrival in map(self._read, messages) if arrival is not None]
        arrivals = [arrival for arrival in read if arrival.event.type in self._handlers]
        if arrivals and self._try(partial(self._claim_and_handle, arrivals=arrivals)) is not None:
            for arrival in arrivals:
                self._receive_alone(arrival)
        self._report.dropped([a.event for a in read if a.event.type not in self._handlers])

    def retry_due(self, limit: int = 100) -> int:
        """Retry the stored events whose time has come; returns how many there were.

        Together first; each alone, if that fails.

        Raises:
            DatabaseUnavailable: try again when it is back.
        """
        arrivals: list[_Arrival] = []
        select = partial(inbox_store.pending_retry, limit=limit)
        error = self._try(partial(self._retry, select=select, into=arrivals))
        if error is None:
            return len(arrivals)
        if not arrivals:
            _raise(error)  # the query itself fails, and a retry does not help
        for arrival in arrivals:
            select_one = partial(inbox_store.pending_retry_of, event_id=arrival.row_id)
            error = self._try(partial(self._retry, select=select_one, into=[]))
            if error is not None:
                self._postpone(arrival, error)
        return len(arrivals)

    def seconds_to_next_retry(self) -> float | None:
        """How long until the next retry is due; None when there is none.

        Raises `DatabaseUnavailable`.
        """
        seconds: list[float | None] = []
        self._must(lambda uow: seconds.append(inbox_store.seconds_to_next_retry(uow.connection)))
        return None if seconds[0] is None else max(0.0, seconds[0])

    # One batch, one transaction

    def _receive_alone(self, arrival: _Arrival) -> None:
        error = self._try(partial(self._claim_and_handle, arrivals=[arrival]))
        if error is not None:
            event, reason = arrival.event, _reason(error)
            report = partial(self._report.failed, event, 1, reason)
            self._store(arrival.message, event.id, event.type, reason, report)

    def _claim_and_handle(self, uow: UnitOfWork[Any], arrivals: Sequence[_Arrival]) -> None:
        self._handle(uow, self._claim(uow, arrivals))
        uow.flush()
        failpoints.reached(failpoints.EFFECT_BEFORE_COMMIT)

    def _retry(
        self,
        uow: UnitOfWork[Any],
        select: Callable[[sa.Connection], Sequence[sa.Row[Any]]],
        into: list[_Arrival],
    ) -> None:
        rows = select(uow.connection)
        into[:] = [arrival for row in rows if (arrival := self._stored(uow, row)) is not None]
        # An event that was unreadable may have come again since, readable and with its own id.
        claimed = self._claim(uow, [arrival for arrival in into if arrival.was_unreadable])
        others = [arrival.event for arrival in into if not arrival.was_unreadable]
        self._handle(uow, [*claimed, *others])
        inbox_store.mark_handled(uow.connection, [arrival.row_id for arrival in into])

    def _claim(self, uow: UnitOfWork[Any], arrivals: Sequence[_Arrival]) -> list[Event]:
        """Insert the ids; the events whose id was not there yet, in the order they came."""
        if not arrivals:
            return []
        by_id = {arrival.event.id: arrival.event for arrival in arrivals}
        new = inbox_store.claim(uow.connection, list(by_id.values()))
        repeated = [arrival.event for arrival in arrivals if arrival.event.id not in new]
        uow.after_commit(lambda: self._report.repeated(repeated))
        return [event for event in by_id.values() if event.id in new]

    def _handle(self, uow: UnitOfWork[Any], events: Sequence[Event]) -> None:
        for handler, group in self._by_handler(events):
            began = perf_counter()
            with tracing.handling(self._service, group) as traced:
                handler(uow, traced)
            self._report.duration(group[0].type, perf_counter() - began)
        uow.after_commit(lambda: self._report.handled(events))

    def _by_handler(self, events: Sequence[Event]) -> list[tuple[Handler, list[Event]]]:
        # By type within a handler: one that subscribes several types gets them all in one call.
        by_type: dict[str, list[Event]] = defaultdict(list)
        for event in events:
            by_type[event.type].append(event)
        groups: dict[Handler, list[Event]] = defaultdict(list)
        for name, group in by_type.items():
            groups[self._handlers[name]].extend(group)
        return list(groups.items())

    def _try(self, work: _Work) -> Exception | None:
        """Run `work` in a unit of work; its error, unless the database is unavailable."""
        watchdog.note_turn()
        try:
            with self._open_unit() as uow:
                work(uow)
        except Exception as error:
            if is_unavailable(error) and _code_of(error) not in _TOO_MUCH:
                raise DatabaseUnavailable(str(error)) from error
            return error
        return None

    def _must(self, work: _Work) -> None:
        error = self._try(work)
        if error is not None:
            _raise(error)

    # Reading, and storing what failed

    def _read(self, message: Message) -> _Arrival | None:
        """The arrival of a message; None for an unreadable one, which becomes a dead letter.

        One whose type is unknown is retried: it may be for a newer version, which is on its way.
        """
        try:
            event = self._decode(message)
        except UnreadableEvent as error:
            dead = not isinstance(error, UnknownEvent)
            name = str(message.headers.get("ce-type", "unknown"))[:200]
            report = partial(self._report.unreadable, name, error, dead=dead)
            self._store(message, _id_of(message), name, str(error), report, dead=dead)
            return None
        return _Arrival(message, event, event.id)

    def _stored(self, uow: UnitOfWork[Any], row: Any) -> _Arrival | None:
        message = Message(row.headers, bytes(row.body), row.content_type)
        try:
            event = self._decode(message)
            if event.type not in self._handlers:
                # Not dropped: a newer replica beside this one may have stored it.
                raise UnknownEvent(f"this service subscribes no {event.type}")
            return _Arrival(message, event, row.event_id, row.attempts)
        except UnreadableEvent as error:
            attempts = row.attempts + 1
            dead = not isinstance(error, UnknownEvent) or state_after(attempts)[0] == "dead"
            if dead:
                inbox_store.mark_dead(uow.connection, row.event_id, str(error))
            else:
                inbox_store.postpone(uow.connection, row.event_id, attempts, str(error))
            uow.after_commit(partial(self._report.unreadable, row.type, error, dead=dead))
            return None

    def _decode(self, message: Message) -> Event:
        event = decode(message)
        if event.district != self._open_unit.district:
            raise UnreadableEvent(f"{event.source} is of another district")
        return event

    def _store(
        self,
        message: Message,
        event_id: UUID,
        name: str,
        error: str,
        report: Callable[[], None],
        *,
        dead: bool = False,
    ) -> None:
        def store(uow: UnitOfWork[Any]) -> None:
            if inbox_store.store(uow.connection, message, event_id, name, error, dead=dead):
                uow.after_commit(report)

        self._must(store)

    def _postpone(self, arrival: _Arrival, error: Exception) -> None:
        attempts, reason = arrival.attempts + 1, _reason(error)

        def postpone(uow: UnitOfWork[Any]) -> None:
            if inbox_store.postpone(uow.connection, arrival.row_id, attempts, reason):
                uow.after_commit(partial(self._report.failed, arrival.event, attempts, reason))

        self._must(postpone)


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {logs.safe_message(error)}"[:2_000]


def _raise(error: Exception) -> NoReturn:
    """Raise an error that no event is to blame for; a statement that was slow may be fast later."""
    if is_unavailable(error) or is_canceled(error):
        raise DatabaseUnavailable(str(error)) from error
    raise error


def _code_of(error: Exception) -> str | None:
    """The SQLSTATE of a database error."""
    return getattr(getattr(error, "orig", None), "pgcode", None)


def _id_of(message: Message) -> UUID:
    """An id for a message without a readable one, the same each time it is delivered."""
    headers = sorted(map(str, message.headers.items()))
    return uuid5(NAMESPACE_OID, json.dumps([headers, message.body.hex()]))
