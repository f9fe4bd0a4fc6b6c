"""When a delivery that failed is tried again."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from linli_webhooks.deliveries.schedule import SCHEDULE, pause_before


def test_the_schedule_is_that_of_standard_webhooks_and_lasts_three_days() -> None:
    minutes = [pause.total_seconds() / 60 for pause in SCHEDULE]
    assert minutes == [0, 5 / 60, 5, 30, 2 * 60, 5 * 60, 10 * 60, 14 * 60, 20 * 60, 24 * 60]
    assert timedelta(days=3) < sum(SCHEDULE, timedelta()) < timedelta(days=4)


@given(st.integers(0, 20), st.floats(0, 1))
def test_a_pause_is_at_most_a_tenth_longer_and_ends_with_the_schedule(
    attempt: int, chance: float
) -> None:
    pause = pause_before(attempt, chance)
    if attempt >= len(SCHEDULE):
        assert pause is None
    else:
        assert pause is not None
        assert SCHEDULE[attempt] <= pause <= SCHEDULE[attempt] * 1.1
