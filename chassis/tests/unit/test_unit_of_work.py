"""Emitting: an event is checked where it is emitted, and leaves with the commit."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from unittest.mock import MagicMock
from uuid import uuid4

import pytest
from linli_chassis.messaging.outbox import Outbox
from linli_chassis.settings import Settings
from linli_chassis.storage.unit_of_work import UnitOfWork
from linli_contracts.envelope import Event, EventTooLarge, decode, message_of
from linli_contracts.events.grid.requests import RequestRejected
from linli_contracts.events.organization.resources import ResourceOffered
from linli_devkit.client import DISTRICT, ENVIRON
from linli_devkit.contracts.examples import example_event
from marshmallow import ValidationError

NOW = datetime(2026, 1, 1, tzinfo=UTC)
Written = list[tuple[Event, bytes]]


@pytest.fixture
def uow() -> UnitOfWork[Any]:
    settings = Settings.load({**ENVIRON, "DATABASE_URL": "postgresql://nobody@nowhere/none"})
    return UnitOfWork(MagicMock(), Outbox("grid"), settings, NOW)


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Written:
    """What the outbox was given."""
    rows: Written = []
    monkeypatch.setattr(
        Outbox, "append", lambda _outbox, _connection, pending: rows.extend(pending)
    )
    return rows


def test_a_bad_value_is_refused_where_it_is_emitted(uow: UnitOfWork[Any], written: Written) -> None:
    with pytest.raises(ValidationError, match="reason"):
        uow.emit(RequestRejected(request_id=uuid4(), reason="no such reason"))
    uow.flush()
    assert written == []


def test_an_event_that_is_too_large_is_refused_where_it_is_emitted(uow: UnitOfWork[Any]) -> None:
    services = ["elder_care.home_visit"] * 4000
    with pytest.raises(EventTooLarge):
        uow.emit(ResourceOffered(**{**example_event(ResourceOffered).data, "services": services}))


def test_what_is_changed_after_emitting_changes_no_event(
    uow: UnitOfWork[Any], written: Written
) -> None:
    services = ["elder_care.home_visit"]
    uow.emit(ResourceOffered(**{**example_event(ResourceOffered).data, "services": services}))
    services.append("not a code")
    uow.flush()
    [(_, body)] = written
    assert b"not a code" not in body


def test_an_event_carries_who_emitted_it_when_and_why(
    uow: UnitOfWork[Any], written: Written
) -> None:
    request_id, cause = uuid4(), example_event(RequestRejected)
    uow.emit(RequestRejected(request_id=request_id, reason="repeated"), cause=cause)
    uow.emit(RequestRejected(request_id=request_id, reason="repeated"))
    uow.flush()
    (first, body), (second, _) = written
    assert (first.subject, first.source) == (str(request_id), f"urn:linli:{DISTRICT}:grid")
    assert (first.time, first.causation_id) == (NOW, str(cause.id))
    assert first.correlation_id == cause.correlation_id
    assert second.correlation_id == str(request_id)
    assert first.id != second.id
    numbered = decode(message_of(example_event(RequestRejected, subject=first.subject), body))
    assert numbered.data == first.data


def test_events_are_written_once(uow: UnitOfWork[Any], written: Written) -> None:
    uow.emit(RequestRejected(request_id=uuid4(), reason="repeated"))
    uow.flush()
    uow.flush()
    assert len(written) == 1
