"""Named places at which a process can be made to die, so that tests can ask what survives it.

`LINLI_FAILPOINT="relay.after_confirm:3"` kills the process, as a power cut would, when it comes
there the third time. `relay.after_confirm:3:raise` raises an error instead that nobody expects, so
that only the thread dies which comes there. The variable is read once; without it, `reached` does
nothing.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

VARIABLE = "LINLI_FAILPOINT"

BEFORE_COMMIT = "uow.before_commit"
"""A unit of work with events is written and not committed."""
AFTER_COMMIT = "uow.after_commit"
"""A unit of work with events is committed, and no response was sent."""
AFTER_CONFIRM = "relay.after_confirm"
"""The bus has confirmed events, and they are not marked as published."""
EFFECT_BEFORE_COMMIT = "consumer.before_commit"
"""A batch from the broker is handled, its effects and events are written and not committed."""
BEFORE_ACK = "consumer.before_ack"
"""A batch from the broker is handled and committed, and not acknowledged."""
BEFORE_RETRY = "consumer.before_retry"
"""The inbox is about to look for stored events that are due."""

PLACES = (
    BEFORE_COMMIT,
    AFTER_COMMIT,
    AFTER_CONFIRM,
    EFFECT_BEFORE_COMMIT,
    BEFORE_ACK,
    BEFORE_RETRY,
)
RAISE = "raise"


class PartDied(Exception):
    """Raised at a failpoint: nothing knows it, so it ends the thread."""


def _noop(_place: str) -> None:
    """No failpoint is set."""


def _armed(setting: str) -> Callable[[str], None]:
    """A `reached` that dies as `setting` (`place:times`) says. Raises `ValueError`."""
    place, times, how = (*setting.split(":", 2), "", "")[:3]
    if place not in PLACES:
        raise ValueError(f"{VARIABLE}: there is no {place!r}; there are {', '.join(PLACES)}")
    if how not in ("", RAISE):
        raise ValueError(f"{VARIABLE}: {how!r} is not {RAISE!r}")
    left = int(times or 1)

    def count(reached_place: str) -> None:
        nonlocal left
        if reached_place == place:
            left -= 1
            if left == 0 and how == RAISE:
                raise PartDied(place)
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    return count


reached: Callable[[str], None] = _armed(os.environ[VARIABLE]) if os.environ.get(VARIABLE) else _noop
"""Called with the name of the place the process has come to."""
