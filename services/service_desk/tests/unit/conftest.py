from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from linli_kernel.working_time import Calendar
from linli_service_desk.cases.domain.case import Case, Context, State

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)


@pytest.fixture
def now():
    return NOW


@pytest.fixture
def context():
    """Makes the context of a decision, every hour being worked: `context(now + HOUR)`."""

    def make(at=NOW, **changes):
        calendar = Calendar(ZoneInfo("UTC"), ((0, 24 * 60),), lambda _day: True)
        usual = Context(
            at, calendar, answer_hours=8, finish_hours=40, reopen_within=timedelta(days=10)
        )
        return replace(usual, **changes)

    return make


@pytest.fixture
def new_case():
    """Makes a case in a state: `new_case(State.HANDLING, reworks=2)`."""
    case = Case(
        case_id=UUID(int=1),
        request_id=UUID(int=2),
        tracking_digest="0" * 64,
        service="elder_care.home_visit",
        grid_code="110101001001001",
        priority="normal",
        opened_at=NOW,
        answer_due_at=NOW + timedelta(hours=8),
    )
    return lambda state=State.ESTABLISHED, **known: replace(case, state=state, **known)
