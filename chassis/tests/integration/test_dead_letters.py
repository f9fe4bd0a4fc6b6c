from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from linli_chassis.messaging.dead_letters import (
    dead_events,
    decisions,
    discard,
    failing_events,
    replay,
    stored_event,
)
from linli_chassis.messaging.inbox import Inbox
from linli_chassis.messaging.retention import Retention, purge
from linli_chassis.process.runtime import Runtime
from linli_chassis.settings import Settings
from linli_chassis.storage.unit_of_work import UnitOfWork
from linli_contracts.envelope import Event, encode
from linli_contracts.events.grid.requests import RequestRejected
from linli_contracts.schema import REGISTRY
from linli_devkit.client import ENVIRON
from linli_devkit.contracts.examples import example_event

REJECTED = RequestRejected.event_type.name


class Service:
    """An inbox whose handler can be made to fail."""

    def __init__(self, url: str) -> None:
        self.runtime = Runtime.of("evaluation", Settings.load({**ENVIRON, "DATABASE_URL": url}))
        self.engine = self.runtime.engine
        self.handled: list[Event] = []
        self.fails = False
        self.inbox = Inbox(self.runtime.unit_of_work, {REJECTED: self.handle})

    def handle(self, _uow: UnitOfWork, events: list[Event]) -> None:
        if self.fails:
            raise ValueError("this cannot be handled now")
        self.handled += events

    def receive_in_an_older_version(self, *events: Event) -> None:
        """Receive events of a type that is not known, until they are dead."""
        messages, newer = [encode(event) for event in events], REGISTRY.pop(REJECTED)
        try:
            self.inbox.receive(messages)
            for _ in range(12):
                self.due_now()
                self.inbox.retry_due()
        finally:
            REGISTRY[REJECTED] = newer

    def due_now(self) -> None:
        with self.engine.begin() as connection:
            connection.execute(
                sa.text("UPDATE inbox SET next_attempt_at = now() WHERE state = 'due'")
            )

    def states(self) -> list[Any]:
        with self.engine.connect() as connection:
            return [
                tuple(row)
                for row in connection.execute(
                    sa.text("SELECT state, attempts FROM inbox ORDER BY 1, 2")
                )
            ]


@pytest.fixture
def service(database: Callable[[list[str]], str]) -> Iterator[Service]:
    inbox_service = Service(database(["evaluation"]))
    yield inbox_service
    inbox_service.engine.dispose()


def test_an_event_of_a_newer_service_is_handled_once_after_the_update(service: Service) -> None:
    event = example_event(RequestRejected)
    service.receive_in_an_older_version(event)
    [dead] = dead_events(service.engine, "evaluation")
    assert dead.event_id != event.id  # it could not be read, so not believed either
    assert dead.headers["ce-id"] == str(event.id)
    assert replay(service.engine, "evaluation", [dead.event_id], "Li Na") == 1

    assert service.inbox.retry_due() == 1
    assert service.inbox.retry_due() == 0
    service.inbox.receive([encode(event)])
    assert [one.id for one in service.handled] == [event.id]
    assert [state for state, _ in service.states()] == ["handled", "handled"]


def test_an_event_that_came_again_readable_is_not_handled_twice_by_a_replay(
    service: Service,
) -> None:
    event = example_event(RequestRejected)
    service.receive_in_an_older_version(event)
    service.inbox.receive([encode(event)])
    [dead] = dead_events(service.engine, "evaluation")
    replay(service.engine, "evaluation", [dead.event_id], "Li Na")
    assert service.inbox.retry_due() == 1
    assert service.inbox.retry_due() == 0
    assert [one.id for one in service.handled] == [event.id]


def test_a_replayed_event_that_fails_is_tried_again_like_any_other(service: Service) -> None:
    event = example_event(RequestRejected)
    service.receive_in_an_older_version(event)
    [dead] = dead_events(service.engine, "evaluation")
    replay(service.engine, "evaluation", [dead.event_id], "Li Na")
    service.fails = True
    assert service.inbox.retry_due() == 1
    assert service.states() == [("due", 1)]
    service.fails = False
    service.due_now()
    assert service.inbox.retry_due() == 1
    assert [one.id for one in service.handled] == [event.id]
    assert [state for state, _ in service.states()] == ["handled", "handled"]


def test_every_attempt_is_kept_with_its_time_and_error(service: Service) -> None:
    event = example_event(RequestRejected)
    service.fails = True
    service.inbox.receive([encode(event)])
    for _ in range(20):
        service.due_now()
        service.inbox.retry_due()
    [dead] = dead_events(service.engine, "evaluation")
    assert [one.attempt for one in dead.history] == list(range(1, 13))
    [error] = {one.error for one in dead.history}  # the same each time, without its words
    assert re.fullmatch(r"ValueError: fingerprint [0-9a-f]{12}, \S+:\d+ in handle", error)
    times = [one.at for one in dead.history]
    assert times == sorted(times)
    assert failing_events(service.engine, "evaluation") == []

    replay(service.engine, "evaluation", [event.id], "Li Na")
    service.inbox.retry_due()
    [failing] = failing_events(service.engine, "evaluation")
    assert (failing.attempts, len(failing.history)) == (1, 13)


def test_who_decided_what_is_kept_for_what_was_dead_and_for_nothing_else(service: Service) -> None:
    event, other = example_event(RequestRejected), example_event(RequestRejected)
    service.receive_in_an_older_version(event)
    [dead] = dead_events(service.engine, "evaluation")
    ids = [dead.event_id, other.id]
    assert discard(service.engine, "evaluation", ids, "Wang Wei", "not needed") == 1
    assert discard(service.engine, "evaluation", ids, "Wang Wei", "not needed") == 0
    assert replay(service.engine, "evaluation", ids, "Li Na") == 0
    [decision] = decisions(service.engine, "evaluation")
    assert (decision.event_id, decision.action, decision.by, decision.reason, decision.state) == (
        dead.event_id,
        "discard",
        "Wang Wei",
        "not needed",
        "discarded",
    )
    assert decisions(service.engine, "evaluation", other.id) == []
    stored = stored_event(service.engine, "evaluation", dead.event_id)
    assert stored is not None
    assert (stored.state, stored.history[0].error) == ("discarded", stored.error)
    assert stored_event(service.engine, "evaluation", other.id) is None


def test_what_was_discarded_is_forgotten_in_time_and_what_is_dead_is_not(service: Service) -> None:
    service.receive_in_an_older_version(
        example_event(RequestRejected), example_event(RequestRejected)
    )
    discarded_event, _ = dead_events(service.engine, "evaluation")
    discard(service.engine, "evaluation", [discarded_event.event_id], "Wang Wei", "not needed")
    with service.engine.begin() as connection:
        purge(connection, Retention(outbox_days=7, inbox_days=35))
    assert len(service.states()) == 2
    with service.engine.begin() as connection:
        connection.execute(sa.text("UPDATE inbox SET handled_at = handled_at - interval '36 days'"))
        purge(connection, Retention(outbox_days=7, inbox_days=35))
    assert [state for state, _ in service.states()] == ["dead"]


def test_an_attempt_that_a_database_error_ended_is_reported_without_the_words_of_a_row(
    service: Service,
) -> None:
    event = replace(example_event(RequestRejected), subject="13987654321")
    service.inbox = Inbox(service.runtime.unit_of_work, {REJECTED: refused_by_the_database})
    service.inbox.receive([encode(event)])
    [failing] = failing_events(service.engine, "evaluation")
    assert "13987654321" not in failing.error
    assert "13987654321" not in str(failing.history)
    assert failing.error == "DataError: code 22003"


def test_an_attempt_that_a_database_error_ended_names_what_was_wrong(service: Service) -> None:
    service.inbox = Inbox(service.runtime.unit_of_work, {REJECTED: looking_for_what_is_not_there})
    service.inbox.receive([encode(example_event(RequestRejected))])
    [failing] = failing_events(service.engine, "evaluation")
    assert (
        failing.error == 'ProgrammingError: code 42P01, message relation "nothing" does not exist'
    )


def looking_for_what_is_not_there(uow: UnitOfWork, _events: list[Event]) -> None:
    uow.connection.execute(sa.text("SELECT * FROM nothing"))


def refused_by_the_database(uow: UnitOfWork, events: list[Event]) -> None:
    uow.connection.execute(
        sa.text("SELECT CAST(:word AS integer)"), {"word": f"{events[0].subject} 槐荫里七号"}
    )
