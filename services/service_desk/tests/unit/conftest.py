from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from linli_service_desk.domain.case import Case, Rules, State

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)


class EveryHour:
    """A calendar on which every hour is worked."""

    def add_working_hours(self, start, hours):
        return start + timedelta(hours=hours)

    def working_hours_between(self, start, end):
        return max(0.0, (end - start) / timedelta(hours=1))


@pytest.fixture
def now():
    return NOW


@pytest.fixture
def rules():
    return Rules(EveryHour(), answer_hours=8, finish_hours=40)


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
