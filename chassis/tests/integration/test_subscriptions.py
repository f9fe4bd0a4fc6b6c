"""Subscriptions of a service: what its methods may do to the consumer that calls them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import eventlet
import pytest
import sqlalchemy as sa
from linli_chassis.messaging.dead_letters import failing_events
from linli_chassis.messaging.subscriptions import Event, UnitOfWork, subscribe
from linli_chassis.process.timers import every
from linli_chassis.settings import Settings
from linli_contracts.envelope import encode
from linli_contracts.events.grid.requests import RequestRejected, RequestVerified
from linli_devkit.client import ServiceUnderTest
from linli_devkit.contracts.examples import example_event


class Impatient:
    """Bounds a call by a timeout of eventlet, which is no `Exception`."""

    name = "evaluation"
    settings = Settings

    @subscribe(RequestRejected)
    def on_rejected(self, _uow: UnitOfWork[Settings], _events: list[Event]) -> None:
        with eventlet.Timeout(0.01):
            eventlet.sleep(60)

    @subscribe(RequestVerified)
    def on_verified(self, _uow: UnitOfWork[Settings], _events: list[Event]) -> None:
        raise SystemExit(3)

    @every(seconds=60)
    def tidy(self, uow: UnitOfWork[Settings]) -> None:
        uow.connection.execute(sa.text("SELECT 1"))


class Twice:
    """Subscribes one type by two methods."""

    name = "evaluation"
    settings = Settings

    @subscribe(RequestRejected)
    def one(self, uow: UnitOfWork[Settings], events: list[Event]) -> None: ...

    @subscribe(RequestVerified, RequestRejected)
    def other(self, uow: UnitOfWork[Settings], events: list[Event]) -> None: ...


@pytest.fixture
def url(database: Callable[[list[str]], str]) -> str:
    return database(["evaluation"])


@pytest.fixture
def impatient(url: str) -> Iterator[ServiceUnderTest]:
    under_test = ServiceUnderTest(Impatient, url)
    yield under_test
    under_test.stop()


@pytest.mark.parametrize(
    ("schema", "error"), [(RequestRejected, "Timeout"), (RequestVerified, "SystemExit")]
)
def test_a_method_that_ends_by_no_ordinary_exception_is_a_failed_attempt(
    impatient: ServiceUnderTest, schema: type, error: str
) -> None:
    with eventlet.Timeout(20, AssertionError("the consumer is stuck")):
        impatient.inbox.receive([encode(example_event(schema))])
    [failing] = failing_events(impatient.runtime.engine, "evaluation")
    assert error in failing.error


def test_a_type_that_two_methods_subscribe_is_refused_at_setup(url: str) -> None:
    with pytest.raises(ValueError, match=r"one.*other|other.*one") as refusal:
        ServiceUnderTest(Twice, url)
    assert RequestRejected.event_type.name in str(refusal.value)


def test_a_second_stop_during_a_stop_does_no_harm(impatient: ServiceUnderTest) -> None:
    stops = [eventlet.spawn(impatient._container.stop) for _ in range(2)]
    for stop in stops:
        stop.wait()
