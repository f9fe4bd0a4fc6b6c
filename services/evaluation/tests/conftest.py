"""Stories: the events of one request and its case, step by step."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from linli_contracts.envelope import Event
from linli_contracts.events.grid.requests import RequestRegistered, RequestVerified
from linli_contracts.events.service_desk.cases import (
    CaseAccepted,
    CaseClosed,
    CaseOpened,
    CaseResolved,
)
from linli_contracts.events.service_desk.feedback import CaseRated
from linli_contracts.events.service_desk.matching import CaseDispatched
from linli_contracts.schema import EventData
from linli_devkit.contracts.examples import example_event

START = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)  # Monday, 09:00 in Shanghai
GRID = "110101001001001"
UNIT = UUID("00000000-0000-4000-8000-0000000000aa")


class Story:
    """Makes events with the sequences of their producers. `at` is in hours after `begins`."""

    def __init__(
        self, grid_code: str | None = GRID, begins: datetime = START, **state: Any
    ) -> None:
        self.request_id, self.case_id = uuid4(), uuid4()
        self.begins, self.grid_code = begins, grid_code
        self.events: list[Event] = []
        self._state = {
            "category": "housing.repair",
            "channel": "app",
            "priority": "normal",
            **state,
        }
        self._sequences: dict[str, int] = {}

    def time(self, hours: float) -> datetime:
        return self.begins + timedelta(hours=hours)

    def emit(self, schema: type[EventData], at: float, **data: Any) -> Story:
        data["request_id"] = self.request_id
        fields = schema.schema().fields
        subject = self.case_id if "case_id" in fields else self.request_id
        known = {
            "case_id": self.case_id,
            "grid_code": self.grid_code,
            "registered_at": self.begins,
            "unit_id": UNIT,
            "location_status": "located" if self.grid_code else "outside",
            **self._state,
        }
        data = {**{name: value for name, value in known.items() if name in fields}, **data}
        sequence = self._sequences[str(subject)] = self._sequences.get(str(subject), 0) + 1
        self.events.append(
            example_event(schema, subject=subject, time=self.time(at), sequence=sequence, **data)
        )
        return self

    def registered(self) -> Story:
        return self.emit(RequestRegistered, 0).emit(RequestVerified, 0.5)

    def opened(self, answer_due: float = 4) -> Story:
        due = self.time(answer_due)
        return self.registered().emit(CaseOpened, 1, service="housing.repair", answer_due_at=due)

    def dispatched(self, at: float = 1.5, due: float = 24, **data: Any) -> Story:
        return self.emit(
            CaseDispatched,
            at,
            due_at=self.time(due),
            reply_due_at=self.time(at + 2),
            **data,
        )

    def accepted(self, at: float = 2) -> Story:
        return self.emit(CaseAccepted, at)

    def closed(self, resolved: float = 20, closed: float = 22, hours: float | None = 16.0) -> Story:
        self.emit(CaseResolved, resolved)
        return self.emit(CaseClosed, closed, working_hours=hours)

    def rated(self, at: float = 30, solved: bool = True, satisfaction: int | None = 5) -> Story:
        return self.emit(CaseRated, at, answered=True, solved=solved, satisfaction=satisfaction)

    def delivered_well(self) -> Story:
        """Answered, done and closed within the limits, and the resident is satisfied."""
        return self.opened().dispatched().accepted().closed().rated()


@pytest.fixture(scope="session")
def new_story() -> type[Story]:
    return Story
