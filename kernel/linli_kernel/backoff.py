"""How long to wait between attempts at something that may be unavailable for a while."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf
from time import monotonic


class Backoff:
    """Pauses that grow with each failure in a row.

    Call `pause` after each attempt that failed; `begin` before each, where `steady_seconds` is
    given.

    Args:
        seconds: the pauses in turn; the last one again and again.
        steady_seconds: an attempt that lasted longer counts as a success, and the pauses begin
            anew: such as a connection that worked for hours before it broke.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        seconds: Sequence[float],
        *,
        steady_seconds: float = inf,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._seconds, self._steady_seconds, self._clock = seconds, steady_seconds, clock
        self._began_at = clock()
        self._failures = 0

    def begin(self) -> None:
        """Note that an attempt begins."""
        self._began_at = self._clock()

    def pause(self) -> float:
        """Count the attempt as failed; the seconds to wait before the next one."""
        if self._clock() - self._began_at > self._steady_seconds:
            self._failures = 0
        seconds = self._seconds[min(self._failures, len(self._seconds) - 1)]
        self._failures += 1
        return seconds
