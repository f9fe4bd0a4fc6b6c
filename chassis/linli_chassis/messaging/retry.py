"""When what failed is tried again: connections by relay and consumer, events by the inbox."""

from __future__ import annotations

from datetime import timedelta

from linli_kernel.backoff import Backoff

RECONNECT_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)

RETRY_DELAYS = tuple(
    timedelta(seconds=s) for s in (0.05, 0.1, 0.2, 0.5, 1, 10, 20, 30, 300, 900, 1800)
)
"""How long an event waits after each failed attempt; after the last one it is dead."""


def reconnecting() -> Backoff:
    """The pauses of a loop that needs the broker or the database."""
    return Backoff(RECONNECT_SECONDS, steady_seconds=60)


def state_after(attempts: int) -> tuple[str, timedelta]:
    """The state of an event after so many failed attempts, and the pause before the next one."""
    if attempts > len(RETRY_DELAYS):
        return "dead", timedelta(0)
    return "due", RETRY_DELAYS[attempts - 1]
