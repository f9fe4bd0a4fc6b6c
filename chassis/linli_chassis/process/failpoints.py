"""Named places at which a process can be made to die, so that tests can ask what survives it.

`LINLI_FAILPOINT="relay.after_confirm:3"` kills the process, as a power cut would, when it comes
there the third time. It is read once; without it, `reached` does nothing.
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
BEFORE_ACK = "consumer.before_ack"
"""A batch from the broker is handled and committed, and not acknowledged."""

PLACES = (BEFORE_COMMIT, AFTER_COMMIT, AFTER_CONFIRM, BEFORE_ACK)


def _noop(_place: str) -> None:
    """No failpoint is set."""


def _armed(setting: str) -> Callable[[str], None]:
    """A `reached` that dies as `setting` (`place:times`) says. Raises `ValueError`."""
    place, _, times = setting.partition(":")
    if place not in PLACES:
        raise ValueError(f"{VARIABLE}: there is no {place!r}; there are {', '.join(PLACES)}")
    left = int(times or 1)

    def count(reached_place: str) -> None:
        nonlocal left
        if reached_place == place:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    return count


reached: Callable[[str], None] = _armed(os.environ[VARIABLE]) if os.environ.get(VARIABLE) else _noop
"""Called with the name of the place the process has come to."""
