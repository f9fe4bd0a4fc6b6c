"""Which loops of this process stand still, so that `/healthz` fails and the process is restarted.

A loop notes each of its turns. One that waits for something that never comes would else stand for
good, while everything that asks the process hears that all is well.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import monotonic

STUCK_SECONDS = 120.0
"""A turn takes a few seconds; at most 60, for a relay that waits for confirms and reconnects."""

_due_at: dict[tuple[str, str], float] = {}
_current: ContextVar[tuple[str, str] | None] = ContextVar("watched_loop", default=None)


@contextmanager
def watched(service: str, loop: str) -> Iterator[None]:
    """Watch a loop of this thread, which calls `note_turn`, while the block runs."""
    key = (service, loop)
    token = _current.set(key)
    note_turn()
    try:
        yield
    finally:
        _current.reset(token)
        _due_at.pop(key, None)


def note_turn(*, within: float = 0.0) -> None:
    """Note that the watched loop of this thread, if it is one, goes round or gets on.

    Args:
        within: seconds for which it is going to wait on purpose.
    """
    if key := _current.get():
        _due_at[key] = monotonic() + within + STUCK_SECONDS


def stuck_loops() -> dict[str, int]:
    """The loops that stand still, each with the seconds since its last turn was due to end."""
    now = monotonic()
    return {
        f"{service} {loop}": round(now - due_at + STUCK_SECONDS)
        for (service, loop), due_at in sorted(_due_at.items())
        if now > due_at
    }
