from __future__ import annotations

from linli_kernel.backoff import Backoff


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def attempt(backoff: Backoff, clock: Clock, lasting: float) -> float:
    backoff.begin()
    clock.now += lasting
    return backoff.pause()


def test_pauses_grow_with_each_failure_and_stay_at_the_last() -> None:
    clock = Clock()
    backoff = Backoff((0.2, 1.0, 5.0), clock=clock)
    assert [attempt(backoff, clock, 1) for _ in range(5)] == [0.2, 1.0, 5.0, 5.0, 5.0]


def test_pauses_begin_anew_after_an_attempt_that_lasted() -> None:
    clock = Clock()
    backoff = Backoff((0.2, 1.0, 5.0), steady_seconds=60, clock=clock)
    assert [attempt(backoff, clock, lasting) for lasting in (1, 60, 61, 1)] == [0.2, 1.0, 0.2, 1.0]
