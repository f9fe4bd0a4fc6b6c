"""When a delivery that failed is made again: the schedule of Standard Webhooks, as data."""

from __future__ import annotations

from datetime import timedelta

SCHEDULE = (
    timedelta(0),
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""The pause before each attempt; the last is made some three days after the first.

Source: https://github.com/standard-webhooks/standard-webhooks, "Deliverability and reliability".
"""
JITTER = 0.1


def pause_before(attempt: int, chance: float) -> timedelta | None:
    """The pause before an attempt, counted from 0, or None when there is none left.

    Args:
        chance: between 0 and 1; makes the pause up to a tenth longer, so that what failed together
            spreads.
    """
    if attempt >= len(SCHEDULE):
        return None
    return SCHEDULE[attempt] * (1 + JITTER * chance)
