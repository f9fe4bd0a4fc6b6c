"""The pauses between tries of calls and connections: they grow, and the last is repeated."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, repeat

CALL_SECONDS = (0.1, 0.2, 0.4, 0.8, 1.6, 3.0)
"""Before a service that is away is called again."""

RECONNECT_SECONDS = (0.5, 1.0, 2.0, 5.0, 10.0)
"""Before a lost connection to the broker is opened again."""

NOT_NOW_SECONDS = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Before an event that nobody can take now is handed over again."""


def pauses(seconds: Sequence[float]) -> Iterator[float]:
    """These pauses in seconds, the last one for ever."""
    return chain(seconds, repeat(seconds[-1]))
