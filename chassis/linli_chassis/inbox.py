"""The inbox: what makes an event take effect once, and keeps every event that could not be handled.

A batch of events is handled in one transaction together with the ids of its events. If that fails, each event is
tried alone; one that fails again is kept here with its body and error and is tried later, then laid aside as dead.
So the queue behind it always moves, and retries survive a restart.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from time import perf_counter, time
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

import sqlalchemy as sa
import structlog
from linli_contracts.envelope import Event, Message, UnreadableEvent, decode
from sqlalchemy.dialects import postgresql as pg

from linli_chassis import logs, metrics, tracing
from linli_chassis.database import is_away, metadata
from linli_chassis.uow import UnitOfWork, UnitOfWorkFactory

log = structlog.get_logger(__name__)

inbox = sa.Table(
    "inbox",
    metadata,
    sa.Column("event_id", pg.UUID(as_uuid=True), primary_key=True),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("state", sa.Text, sa.CheckConstraint("state IN ('handled', 'due', 'dead', 'discarded')"), nullable=False),
    sa.Column("received_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.clock_timestamp()),
    sa.Column("handled_at", sa.DateTime(timezone=True)),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("next_attempt_at", sa.DateTime(timezone=True)),
    sa.Column("error", sa.Text),
    sa.Column("history", pg.JSONB, comment="Each failed attempt: its number, time and error."),
    sa.Column("headers", pg.JSONB, comment="Kept until handled."),
    sa.Column("content_type", sa.Text),
    sa.Column("body", sa.LargeBinary, comment="Kept until handled."),
    sa.Index("inbox_due", "next_attempt_at", "received_at", postgresql_where=sa.text("state = 'due'")),
    sa.Index("inbox_dead", "received_at", postgresql_where=sa.text("state = 'dead'")),
    sa.Index("inbox_done", "handled_at", postgresql_where=sa.text("handled_at IS NOT NULL")),
)

inbox_audit = sa.Table(
    "inbox_audit",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("event_id", pg.UUID(as_uuid=True), nullable=False, index=True),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    sa.Column("action", sa.Text, nullable=False, comment="replay or discard"),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    comment="Who decided what on dead events.",
)

RETRY_DELAYS = tuple(timedelta(seconds=s) for s in (0.05, 0.1, 0.2, 0.5, 1, 10, 20, 30, 300, 900, 1800))
"""How long an event waits after each failed attempt; after the last one it is dead."""

Handler = Callable[[UnitOfWork, list[Event]], None]

_CLAIM = sa.text("""
    INSERT INTO inbox (event_id, type, state, handled_at)
    SELECT id, type, 'handled', now() FROM unnest(CAST(:ids AS uuid[]), CAST(:types AS text[])) AS t(id, type)
    ORDER BY id  -- two replicas with the same events wait for each other instead of deadlocking
    ON CONFLICT (event_id) DO NOTHING RETURNING event_id""")

_KEEP = sa.text("""
    INSERT INTO inbox (event_id, type, state, attempts, next_attempt_at, error, headers, content_type, body, history)
    VALUES (:id, :type, :state, :attempts, now() + :delay, :error, CAST(:headers AS jsonb), :content_type, :body,
            jsonb_build_array(jsonb_build_object('attempt', :attempts, 'at', now(), 'error', CAST(:error AS text))))
    ON CONFLICT (event_id) DO NOTHING""")

_DUE = """
    SELECT event_id, type, attempts, headers, content_type, body FROM inbox
    WHERE state = 'due' AND {which} ORDER BY next_attempt_at, received_at LIMIT :limit FOR UPDATE SKIP LOCKED"""
_DUE_NOW = sa.text(_DUE.format(which="next_attempt_at <= clock_timestamp()"))
_DUE_ONE = sa.text(_DUE.format(which="event_id = :id"))

_SETTLE = sa.text("""
    UPDATE inbox SET state = 'handled', handled_at = now(), next_attempt_at = NULL, error = NULL,
                     headers = NULL, content_type = NULL, body = NULL
    WHERE event_id = ANY(CAST(:ids AS uuid[]))""")

_POSTPONE = sa.text("""
    UPDATE inbox SET state = :state, attempts = :attempts, next_attempt_at = now() + :delay, error = :error,
                     history = coalesce(history, '[]') || jsonb_build_object(
                         'attempt', CAST(:attempts AS int), 'at', now(), 'error', CAST(:error AS text))
    WHERE event_id = :id AND state = 'due' AND attempts = :attempts - 1""")

_BURY = sa.text("""
    UPDATE inbox SET state = 'dead', attempts = attempts + 1, error = :error,
                     history = coalesce(history, '[]') || jsonb_build_object(
                         'attempt', attempts + 1, 'at', now(), 'error', CAST(:error AS text))
    WHERE event_id = :id""")

_NEXT_DUE = sa.text("""
    SELECT extract(epoch FROM min(next_attempt_at) - clock_timestamp()) FROM inbox WHERE state = 'due'""")


class NotYet(Exception):
    """Raised by a handler when something the event builds on has not arrived; the event is tried again later."""


class DatabaseAway(Exception):
    """The database cannot be used now; nothing was taken, so nothing may be acknowledged."""


@dataclass(frozen=True, slots=True)
class _Arrival:
    """A message and, when it could be read, its event. `attempts` counts the failed ones so far.

    `row_id` is the id of the row it was kept in: not that of the event, if it could not be read when it came.
    """

    message: Message
    event: Event
    attempts: int = 0
    row_id: UUID | None = None

    @property
    def renamed(self) -> bool:
        return self.row_id not in (None, self.event.id)


def channel_of(service: str) -> str:
    """The NOTIFY channel on which the embedded bus wakes the inbox of `service`."""
    return f"linli_inbox_{service}"


class Inbox:
    """Takes messages in for one service and sees to it that each event has its effect once.

    Args:
        open_unit: opens a unit of work that commits on leaving.
        handlers: event type name to handler. A handler gets all events of its type in a batch.
    """

    def __init__(self, open_unit: UnitOfWorkFactory, handlers: Mapping[str, Handler]) -> None:
        self._open_unit, self._service = open_unit, open_unit.service
        self._handlers = handlers
        for counter in (metrics.inbox_handled, metrics.inbox_duplicates, metrics.inbox_retries, metrics.inbox_dead):
            for name in handlers:
                counter.labels(self._service, name)  # zero is told from the start, so that the first is an increase

    def receive(self, messages: Sequence[Message]) -> None:
        """Take in messages from the broker; on return each is handled, kept for later, or laid aside as dead.

        Raises:
            DatabaseAway: none of them may be acknowledged.
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
                self._keep(arrival, error)

    def retry_due(self, limit: int = 100) -> int:
        """Try the events whose time has come, together, then alone; returns how many there were.

        Raises:
            DatabaseAway: try again when it is back.
        """
        due: list[_Arrival] = []

        def settle(which: sa.TextClause, **parameters: Any) -> Callable[[UnitOfWork], None]:
            def work(uow: UnitOfWork) -> None:
                rows = uow.connection.execute(which, {"limit": limit, **parameters}).all()
                due[:] = [arrival for row in rows if (arrival := self._stored(uow, row)) is not None]
                known = self._claim(uow, [arrival for arrival in due if arrival.renamed])
                self._handle(uow, [*known, *(arrival.event for arrival in due if not arrival.renamed)])
                uow.connection.execute(_SETTLE, {"ids": [str(arrival.row_id) for arrival in due]})

            return work

        if self._try_unit(settle(_DUE_NOW)) is None:
            return len(due)
        failed = list(due)
        for arrival in failed:
            error = self._try_unit(settle(_DUE_ONE, id=arrival.row_id))
            if error is not None:
                self._postpone(arrival, error)
        return len(failed)

    def seconds_to_next(self) -> float | None:
        """How long until the next kept event is due; None when there is none. Raises `DatabaseAway`."""
        found: list[Any] = []
        error = self._try_unit(lambda uow: found.append(uow.connection.execute(_NEXT_DUE).scalar()))
        if error is not None:
            raise error
        return None if found[0] is None else max(0.0, float(found[0]))

    # One batch, one transaction

    def _claim_and_handle(self, uow: UnitOfWork, arrivals: Sequence[_Arrival]) -> None:
        fresh = self._claim(uow, arrivals)
        self._handle(uow, fresh)

    def _claim(self, uow: UnitOfWork, arrivals: Sequence[_Arrival]) -> list[Event]:
        """Enter the ids; the events whose id was not there yet, in the order they came."""
        if not arrivals:
            return []
        by_id = {arrival.event.id: arrival.event for arrival in arrivals}
        claimed = uow.connection.execute(
            _CLAIM, {"ids": [str(i) for i in by_id], "types": [event.type for event in by_id.values()]}
        )
        ours = {row.event_id for row in claimed}
        repeated = [arrival.event for arrival in arrivals if arrival.event.id not in ours]
        uow.after_commit(lambda: self._count(metrics.inbox_duplicates, repeated))
        return [event for event in by_id.values() if event.id in ours]

    def _handle(self, uow: UnitOfWork, events: Sequence[Event]) -> None:
        by_type: dict[str, list[Event]] = defaultdict(list)
        for event in events:
            by_type[event.type].append(event)
        for handler, group in self._grouped(by_type):
            began = perf_counter()
            with tracing.handling(self._service, group) as traced:
                handler(uow, traced)
            metrics.inbox_handler_seconds.labels(self._service, group[0].type).observe(perf_counter() - began)
        uow.after_commit(lambda: self._handled(events))

    def _handled(self, events: Sequence[Event]) -> None:
        self._count(metrics.inbox_handled, events)
        delay = metrics.inbox_delay_seconds.labels(self._service)
        for event in events:
            if event.id.version == 7:  # it tells when it was made; the event's `time` may be long before
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

    def _try(self, work: Callable[[UnitOfWork, Sequence[_Arrival]], None], arrivals: Sequence[_Arrival]) -> Any:
        return self._try_unit(lambda uow: work(uow, arrivals))

    def _try_unit(self, work: Callable[[UnitOfWork], Any]) -> Exception | None:
        """Run `work` in a unit of work; its error, unless the database is away."""
        try:
            with self._open_unit() as uow:
                work(uow)
        except Exception as error:
            if is_away(error):
                raise DatabaseAway(str(error)) from error
            return error
        return None

    def _read(self, message: Message) -> _Arrival | None:
        """The arrival, or None when no number of tries would help and it went straight to the dead letters."""
        try:
            return _Arrival(message, self._decode(message))
        except UnreadableEvent as error:
            name = str(message.headers.get("ce-type", "unknown"))[:200]
            self._warn_unreadable(name, error)
            self._store(message, _id_of(message), name, "dead", 1, str(error), timedelta(0))
            return None

    def _stored(self, uow: UnitOfWork, row: Any) -> _Arrival | None:
        message = Message(row.headers, bytes(row.body), row.content_type)
        try:
            return _Arrival(message, self._decode(message), row.attempts, row.event_id)
        except UnreadableEvent as error:
            self._warn_unreadable(row.type, error)
            uow.connection.execute(_BURY, {"id": row.event_id, "error": _printable(str(error))})
            return None

    def _decode(self, message: Message) -> Event:
        event = decode(message)
        if event.type not in self._handlers:
            raise UnreadableEvent(f"this service subscribes no {event.type}")
        return event

    def _keep(self, arrival: _Arrival, error: Exception) -> None:
        state, delay = _verdict(1)
        self._warn(arrival.event, 1, error)
        self._store(arrival.message, arrival.event.id, arrival.event.type, state, 1, _reason(error), delay)

    def _store(
        self, message: Message, event_id: UUID, name: str, state: str, attempts: int, reason: str, delay: timedelta
    ) -> None:
        values = {
            "id": event_id, "type": _printable(name), "state": state, "attempts": attempts, "delay": delay,
            "error": _printable(reason),
            "headers": json.dumps(_printable_headers(message.headers)),
            "content_type": _printable(message.content_type), "body": message.body,
        }  # fmt: skip
        failure = self._try_unit(lambda uow: uow.connection.execute(_KEEP, values))
        if failure is not None:
            raise failure

    def _postpone(self, arrival: _Arrival, error: Exception) -> None:
        attempts = arrival.attempts + 1
        state, delay = _verdict(attempts)
        self._warn(arrival.event, attempts, error)
        values = {
            "id": arrival.row_id, "state": state, "attempts": attempts, "delay": delay, "error": _reason(error),
        }  # fmt: skip
        failure = self._try_unit(lambda uow: uow.connection.execute(_POSTPONE, values))
        if failure is not None:
            raise failure

    def _warn(self, event: Event, attempts: int, error: Exception) -> None:
        dead = attempts > len(RETRY_DELAYS)
        self._count(metrics.inbox_dead if dead else metrics.inbox_retries, [event])
        log.warning(
            "event could not be handled",
            service=self._service, event_id=str(event.id), event_type=event.type, correlation_id=event.correlation_id,
            attempts=attempts, dead=dead, error=_reason(error),
        )  # fmt: skip

    def _warn_unreadable(self, name: str, error: UnreadableEvent) -> None:
        metrics.inbox_dead.labels(self._service, "unreadable").inc()
        log.error("event laid aside as dead", service=self._service, event_type=name, error=str(error))


def _verdict(attempts: int) -> tuple[str, timedelta]:
    if attempts > len(RETRY_DELAYS):
        return "dead", timedelta(0)
    return "due", RETRY_DELAYS[attempts - 1]


def _reason(error: Exception) -> str:
    return _printable(f"{type(error).__name__}: {logs.words_of(error)}")[:2_000]


def _printable(text: str) -> str:
    """Text that PostgreSQL takes: without NUL, and without halves of surrogate pairs, which AMQP headers may hold."""
    return text.encode("utf-8", "replace").decode().replace("\x00", "�")


def _printable_headers(headers: Mapping[Any, Any]) -> dict[str, str]:
    return {_printable(str(name)): _printable(value) for name, value in headers.items() if isinstance(value, str)}


def _id_of(message: Message) -> UUID:
    """An id for a message without a readable one, the same each time it is delivered."""
    return uuid5(NAMESPACE_OID, json.dumps([sorted(map(str, message.headers.items())), message.body.hex()]))
