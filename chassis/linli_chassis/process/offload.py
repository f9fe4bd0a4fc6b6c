"""CPU-bound work beside the event loop.

A green thread that computes for long starves all others, the heartbeats first. A native thread does
not: the interpreter switches between threads every few milliseconds, and shapely releases its lock
altogether. Work that needs a large library runs in a process of its own, so that the service never
imports it; so does work that may take any time or memory, for only a process can be ended.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from eventlet import patcher, tpool
from eventlet.green.subprocess import subprocess_orig
from eventlet.semaphore import Semaphore

from linli_chassis.process import worker_process

_P = ParamSpec("_P")
_R = TypeVar("_R")


MAX_SECONDS = 300.0
"""The deadline of work that has none of its own."""

_bounded = Semaphore(2)
"""How many processes with a deadline of their own run at once: what they take is bounded, too."""


class WorkerProcessEnded(Exception):
    """The process ended before it had a result; killed for want of memory, perhaps."""


class WorkerTimedOut(WorkerProcessEnded):
    """The process was killed at its deadline."""


class WorkersBusy(Exception):
    """As many processes as may run at once went on until the deadline."""


def run_in_thread(work: Callable[_P, _R], /, *args: _P.args, **kwargs: _P.kwargs) -> _R:
    """Run `work` in a native thread; other green threads go on meanwhile.

    `work` must be pure computation: no database connection, nothing green. Where no event loop runs
    (tests, the command line) it is simply called.
    """
    if not _has_event_loop():
        return work(*args, **kwargs)
    result: _R = tpool.execute(work, *args, **kwargs)
    return result


def run_in_process(
    work: str, /, *args: Any, seconds: float | None = None, memory_bytes: int | None = None
) -> Any:
    """Run `package.module:function` in a new process; other green threads go on meanwhile.

    Starting it takes as long as importing the module does. Arguments and result are pickled. Where
    no event loop runs, work without a deadline is simply called.

    Args:
        seconds: the deadline, at which the process is killed.
        memory_bytes: how much it may allocate, its libraries included.
    Raises:
        WorkerTimedOut: the deadline passed.
        WorkersBusy: the deadline passed before a process with one could be started.
        WorkerProcessEnded: the process was killed.
        Exception: whatever `work` raises.
    """
    if seconds is None:
        if not _has_event_loop():
            return worker_process.find_function(work)(*args)
        return _compute(work, args, MAX_SECONDS, memory_bytes)
    if not _bounded.acquire(timeout=seconds):
        raise WorkersBusy(f"{work} was not begun")
    try:
        return _compute(work, args, seconds, memory_bytes)
    finally:
        _bounded.release()


def _compute(work: str, args: tuple[Any, ...], seconds: float, memory_bytes: int | None) -> Any:
    try:
        done = subprocess.run(  # noqa: S603  # our own module
            [sys.executable, "-m", worker_process.__name__],
            input=pickle.dumps((work, args, memory_bytes)),
            stdout=subprocess.PIPE,
            check=False,
            timeout=seconds,
        )
    # The green copy of the module has an exception of its own, and raises that of the original.
    except (subprocess.TimeoutExpired, subprocess_orig.TimeoutExpired):
        raise WorkerTimedOut(f"{work} took over {seconds:g} s") from None
    if done.returncode != 0:
        raise WorkerProcessEnded(f"{work} was not finished")
    succeeded, result = pickle.loads(done.stdout)  # noqa: S301  # from our own process
    if not succeeded:
        raise result
    return result


def _has_event_loop() -> bool:
    return bool(patcher.is_monkey_patched("socket"))
