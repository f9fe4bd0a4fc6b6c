"""The unit of work: one transaction that commits a change and its events, or neither."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Generic, TypeVar
from uuid import UUID

import sqlalchemy as sa
from linli_contracts.envelope import Event, encode_data, source_of
from linli_contracts.schema import EventData
from uuid_utils.compat import uuid7

from linli_chassis.messaging.outbox import Outbox
from linli_chassis.observability import logs, tracing
from linli_chassis.process import failpoints
from linli_chassis.settings import Settings
from linli_chassis.storage.crypto import Keyring
from linli_chassis.storage.timeouts import Timeouts


def utc_now() -> datetime:
    return datetime.now(UTC)


SettingsT = TypeVar("SettingsT", bound=Settings, covariant=True)


class UnitOfWork(Generic[SettingsT]):
    """What a handler works with: an open transaction, the time, the settings, and `emit`.

    Handlers neither commit nor roll back; who opened the unit of work does.
    """

    def __init__(
        self, connection: sa.Connection, outbox: Outbox, settings: SettingsT, now: datetime
    ) -> None:
        self.connection = connection
        self.service = outbox.service
        self._outbox = outbox
        self.settings = settings
        self.keyring: Keyring = settings.keyring
        self.now = now
        self._pending: list[tuple[Event, bytes]] = []
        self._after_commit: list[Callable[[], None]] = []

    @property
    def district(self) -> str:
        return self.settings.district

    def emit(
        self,
        data: EventData,
        *,
        time: datetime | None = None,
        cause: Event | None = None,
        correlation_id: str | UUID | None = None,
    ) -> None:
        """Publish that something happened: written with the change, sent after the commit.

        Args:
            data: the event, such as `CaseAccepted(case_id=..., ...)`; its subject is the aggregate,
                whose events are numbered from 1.
            time: aware; when it happened, now unless given.
            cause: the event that led to this one.
            correlation_id: the resident's request that began it all; else that of `cause`, else the
                subject.
        Raises:
            marshmallow.ValidationError, EventTooLarge: the data break the schema of the event.
        """
        subject = data.subject
        correlation = correlation_id or (cause.correlation_id if cause else subject)
        event = Event(
            id=uuid7(),
            type=data.event_type.name,
            source=source_of(self.district, self.service),
            subject=subject,
            time=time or self.now,
            sequence=0,  # the outbox numbers it
            correlation_id=str(correlation),
            causation_id=str(cause.id) if cause else None,
            traceparent=cause.traceparent if cause else tracing.current(),
            data=data.values,
        )
        self._pending.append((event, encode_data(event)))

    def flush(self) -> None:
        """Write the events emitted so far to the outbox."""
        if self._pending:
            pending, self._pending = self._pending, []
            self._outbox.append(self.connection, pending)
            events = [event for event, _ in pending]
            failpoints.reached(failpoints.BEFORE_COMMIT)
            self.after_commit(lambda: failpoints.reached(failpoints.AFTER_COMMIT))
            self.after_commit(lambda: logs.events("events told", self.service, events))

    def after_commit(self, act: Callable[[], None]) -> None:
        """Call `act` after the commit, such as to count what was committed; it may get lost."""
        self._after_commit.append(act)

    def committed(self) -> None:
        """Call what was registered by `after_commit`."""
        # Each refers to this unit of work; without the cycle both need no garbage collector.
        acts, self._after_commit = self._after_commit, []
        for act in acts:
            act()


class UnitOfWorkFactory(Generic[SettingsT]):
    """Opens units of work on the engine of one service.

    Args:
        timeouts: where they are not those of the engine.
    """

    def __init__(
        self,
        engine: sa.Engine,
        service: str,
        settings: SettingsT,
        clock: Callable[[], datetime] = utc_now,
        timeouts: Timeouts | None = None,
    ) -> None:
        self.service, self.district = service, settings.district
        self._engine, self._settings, self._clock = engine, settings, clock
        self._outbox = Outbox(service)
        self._timeouts = timeouts

    @contextmanager
    def __call__(self) -> Iterator[UnitOfWork[SettingsT]]:
        """A unit of work that commits on leaving, with its events; an exception rolls it back."""
        with self._engine.begin() as connection:
            if self._timeouts:
                self._timeouts.apply(connection)
            uow = UnitOfWork(connection, self._outbox, self._settings, self._clock())
            yield uow
            uow.flush()
        uow.committed()
