"""What the inbox does with messages that a running district should never bring, and does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from linli_chassis.messaging.dead_letters import StoredEvent, dead_events, failing_events
from linli_chassis.messaging.inbox import DatabaseUnavailable, Inbox
from linli_chassis.observability.metrics import REGISTRY as METRICS
from linli_chassis.process.runtime import Runtime
from linli_chassis.settings import Settings
from linli_chassis.storage.unit_of_work import UnitOfWork
from linli_contracts.envelope import Event, Message, encode, source_of
from linli_contracts.events.grid.requests import RequestRejected, RequestVerified
from linli_contracts.schema import REGISTRY
from linli_devkit.client import DISTRICT, ENVIRON
from linli_devkit.contracts.examples import example_event

REJECTED = RequestRejected.event_type.name
VERIFIED = RequestVerified.event_type.name
OUT_OF_MEMORY = sa.text("DO $$ BEGIN RAISE 'out of memory' USING ERRCODE = '53200'; END $$")


class Consumer:
    """An inbox that subscribes rejected requests, whose handler may need too much memory."""

    def __init__(self, url: str) -> None:
        self.runtime = Runtime.of("evaluation", Settings.load({**ENVIRON, "DATABASE_URL": url}))
        self.handled: list[Event] = []
        self.too_many = 1_000
        self.too_large: Event | None = None
        self.inbox = Inbox(self.runtime.unit_of_work, {REJECTED: self.handle})

    def handle(self, uow: UnitOfWork[Any], events: list[Event]) -> None:
        ids = {event.id for event in events}
        if len(events) >= self.too_many or (self.too_large and self.too_large.id in ids):
            uow.connection.execute(OUT_OF_MEMORY)
        uow.after_commit(lambda: self.handled.extend(events))

    def retry_all(self) -> None:
        """Retry as often as an event may be retried, without the pauses."""
        for _ in range(15):
            with self.runtime.engine.begin() as connection:
                connection.execute(
                    sa.text("UPDATE inbox SET next_attempt_at = now() WHERE state = 'due'")
                )
            self.inbox.retry_due()

    def rows(self) -> int:
        with self.runtime.engine.connect() as connection:
            return int(connection.scalar(sa.text("SELECT count(*) FROM inbox")))

    @property
    def dead(self) -> list[StoredEvent]:
        return dead_events(self.runtime.engine, "evaluation")

    @property
    def failing(self) -> list[StoredEvent]:
        return failing_events(self.runtime.engine, "evaluation")


@pytest.fixture
def consumer(database: Callable[[list[str]], str]) -> Iterator[Consumer]:
    consumer = Consumer(database(["evaluation"]))
    yield consumer
    consumer.runtime.engine.dispose()


def counted(metric: str, event_type: str) -> float:
    labels = {"service": "evaluation", "type": event_type}
    return METRICS.get_sample_value(f"linli_inbox_{metric}_total", labels) or 0.0


def test_a_known_type_that_is_not_subscribed_is_dropped_and_counted(consumer: Consumer) -> None:
    before = counted("dropped", VERIFIED)
    rejected = example_event(RequestRejected)
    consumer.inbox.receive([encode(example_event(RequestVerified)), encode(rejected)])
    assert counted("dropped", VERIFIED) == before + 1
    assert [event.id for event in consumer.handled] == [rejected.id]
    assert consumer.rows() == 1


def test_a_type_that_is_not_known_yet_is_retried_and_handled_once_it_is(
    consumer: Consumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = example_event(RequestRejected)
    message = encode(event)
    with monkeypatch.context() as older:
        older.delitem(REGISTRY, REJECTED)
        consumer.inbox.receive([message])
        [failing] = consumer.failing
        assert (failing.type, failing.attempts) == (REJECTED, 1)
        consumer.inbox.retry_due()
    consumer.retry_all()
    consumer.inbox.receive([message])
    assert [one.id for one in consumer.handled] == [event.id]
    assert (consumer.dead, consumer.failing) == ([], [])


def test_a_type_that_never_becomes_known_is_dead_after_the_usual_retries(
    consumer: Consumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = encode(example_event(RequestRejected))
    monkeypatch.delitem(REGISTRY, REJECTED)
    consumer.inbox.receive([message])
    consumer.retry_all()
    [dead] = consumer.dead
    assert [one.attempt for one in dead.history] == list(range(1, 13))
    assert "no event type" in dead.error


def test_a_stored_event_whose_subscription_ended_is_not_dropped(consumer: Consumer) -> None:
    event = example_event(RequestRejected)
    consumer.too_large = event
    consumer.inbox.receive([encode(event)])
    Inbox(consumer.runtime.unit_of_work, {}).retry_due()  # a replica that subscribes nothing
    assert len(consumer.failing) == 1
    consumer.too_large = None
    consumer.retry_all()
    assert [one.id for one in consumer.handled] == [event.id]


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (source_of(DISTRICT, "service_desk"), "is published by grid"),
        (source_of("310115", "grid"), "another district"),
    ],
)
def test_an_event_that_its_source_may_not_publish_is_a_dead_letter(
    consumer: Consumer, source: str, reason: str
) -> None:
    message = encode(example_event(RequestRejected))
    forged = Message({**message.headers, "ce-source": source}, message.body)
    consumer.inbox.receive([forged, message])
    assert len(consumer.handled) == 1
    [dead] = consumer.dead
    assert reason in dead.error
    assert source in dead.error


def test_a_batch_that_needs_too_much_of_the_database_is_taken_apart(consumer: Consumer) -> None:
    consumer.too_many = 2
    events = [example_event(RequestRejected) for _ in range(5)]
    consumer.inbox.receive([encode(event) for event in events])
    assert [event.id for event in consumer.handled] == [event.id for event in events]


def test_the_one_event_that_needs_too_much_ends_as_a_dead_letter(consumer: Consumer) -> None:
    events = [example_event(RequestRejected) for _ in range(5)]
    consumer.too_large = events[2]
    consumer.inbox.receive([encode(event) for event in events])
    assert len(consumer.handled) == 4
    consumer.retry_all()
    [dead] = consumer.dead
    assert dead.event_id == events[2].id
    assert "53200" in dead.error


def test_what_is_not_committed_is_neither_counted_nor_logged(
    consumer: Consumer, capsys: pytest.CaptureFixture[str]
) -> None:
    message = encode(example_event(RequestRejected))
    unreadable = replace(message, body=b"{")
    consumer.too_many = 1
    before = counted("dead", "unreadable"), counted("retries", REJECTED)
    severed = Inbox(_severed(consumer.runtime), {REJECTED: consumer.handle})
    for message_of in ([unreadable], [message], [unreadable], [message]):
        with pytest.raises(DatabaseUnavailable):
            severed.receive(message_of)
    assert (counted("dead", "unreadable"), counted("retries", REJECTED)) == before
    consumer.inbox.receive([unreadable, message])
    consumer.inbox.receive([unreadable, message])  # delivered again: the same two rows
    assert counted("dead", "unreadable") == before[0] + 1
    assert counted("retries", REJECTED) == before[1] + 1
    with pytest.raises(DatabaseUnavailable):
        severed.retry_due()
    assert counted("retries", REJECTED) == before[1] + 1


def _severed(runtime: Runtime) -> Any:
    """Units of work whose database session ends before each commit that would store something."""

    class Severed:
        service, district = runtime.service, runtime.settings.district

        @contextmanager
        def __call__(self) -> Iterator[UnitOfWork[Any]]:
            with runtime.unit_of_work() as uow:
                yield uow
                uow.connection.execute(sa.text("SELECT pg_terminate_backend(pg_backend_pid())"))

    return Severed()
