"""Following an outbox: every event once, in whatever order transactions are committed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from linli_chassis.messaging.operations import tail
from linli_chassis.messaging.outbox import Outbox
from linli_chassis.storage.database import create_engine
from linli_contracts.envelope import Event, encode_data
from linli_contracts.events.grid.requests import RequestRejected
from linli_devkit.contracts.examples import example_event


@pytest.fixture
def engine(database: Callable[[list[str]], str]) -> Iterator[sa.Engine]:
    new_engine = create_engine(database(["grid"]), "grid", pool_size=3)
    yield new_engine
    new_engine.dispose()


def append(connection: sa.Connection, event: Event) -> None:
    Outbox("grid").append(connection, [(event, encode_data(event))])


def ids(followed: Iterator[Event], count: int) -> list[UUID]:
    return [event.id for event in islice(followed, count)]


def test_an_event_whose_transaction_takes_longer_than_the_next_ones_is_followed_too(
    engine: sa.Engine,
) -> None:
    slow, quick, later = (
        replace(example_event(RequestRejected), subject=str(uuid4())) for _ in range(3)
    )
    since = datetime.now(UTC) - timedelta(minutes=1)
    followed = tail(engine, ["grid"], since, poll_seconds=0.01)
    with engine.begin() as first:
        append(first, example_event(RequestRejected))
    assert len(ids(followed, 1)) == 1
    with engine.begin() as open_for_long:
        append(open_for_long, slow)
        with engine.begin() as second:
            append(second, quick)
        assert ids(followed, 1) == [quick.id]
    assert ids(followed, 1) == [slow.id]
    with engine.begin() as third:
        append(third, later)
    assert ids(followed, 1) == [later.id]
