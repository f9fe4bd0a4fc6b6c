"""CPU-bound work beside the event loop.

A green thread that computes for long starves all others, the heartbeats first. A native thread does
not: the interpreter switches between threads every few milliseconds, and shapely releases its lock
altogether. Work that needs a large library runs in a process of its own, so that the service never
imports it.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from eventlet import patcher, tpool

from linli_chassis.process import worker_process

MAX_SECONDS = 300.0
"""When a process of its own is ended, whatever it does."""

_P = ParamSpec("_P")
_R = TypeVar("_R")


class WorkerProcessEnded(Exception):
    """The process ended before it had a result; killed for want of memory, perhaps."""


def run_in_thread(work: Callable[_P, _R], /, *args: _P.args, **kwargs: _P.kwargs) -> _R:
    """Run `work` in a native thread; other green threads go on meanwhile.

    `work` must be pure computation: no database connection, nothing green. Where no event loop runs
    (tests, the command line) it is simply called.
    """
    if not _has_event_loop():
        return work(*args, **kwargs)
    result: _R = tpool.execute(work, *args, **kwargs)
    return result


def run_in_process(work: str, /, *args: Any) -> Any:
    """Run `package.module:function` in a new process; other green threads go on meanwhile.

    Starting it takes as long as importing the module does. Arguments and result are pickled; where
    no event loop runs it is simply called.

    Raises:
        WorkerProcessEnded: the process was killed.
        subprocess.TimeoutExpired: it was not done by its deadline, and was killed.
        Exception: whatever `work` raises.
    """
    if not _has_event_loop():
        return worker_process.find_function(work)(*args)
    done = subprocess.run(  # noqa: S603  # our own module
        [sys.executable, "-m", worker_process.__name__],
        input=pickle.dumps((work, args)),
        stdout=subprocess.PIPE,
        check=False,
        timeout=MAX_SECONDS,
    )
    if done.returncode != 0:
        raise WorkerProcessEnded(f"{work} was not finished")
    succeeded, result = pickle.loads(done.stdout)  # noqa: S301  # from our own process
    if not succeeded:
        raise result
    return result


def _has_event_loop() -> bool:
    return bool(patcher.is_monkey_patched("socket"))
