"""CPU-bound work beside the event loop.

One green thread that computes for long starves every other, the heartbeats first. A native thread
does not: the interpreter switches between threads every few milliseconds, and shapely lets go of
its lock altogether. What needs a library that is large and seldom used is computed in a process of
its own, which does not outlive the need.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from eventlet import greenthread, patcher, tpool
from eventlet.semaphore import Semaphore

from linli_chassis.process import worker_process as computing

_P = ParamSpec("_P")
_R = TypeVar("_R")

IDLE_SECONDS = 30.0


def offload(work: Callable[_P, _R], /, *args: _P.args, **kwargs: _P.kwargs) -> _R:
    """Run `work` in a native thread and wait for it without holding up the event loop.

    `work` must be pure computation: no database connection, nothing green. Where no event loop runs
    (tests, the command line) it is simply called.
    """
    if not patcher.is_monkey_patched("socket"):
        return work(*args, **kwargs)
    result: Any = tpool.execute(work, *args, **kwargs)
    return result  # type: ignore[no-any-return]


def offload_apart(work: str, /, *args: Any) -> Any:
    """Run `package.module:function` in a process that ends when it has had nothing to do for half a
    minute.

    So neither its memory nor its interpreter is shared. Starting it takes about a second. Arguments
    and result are pickled; where no event loop runs it is simply called.

    Raises:
        ComputingEnded: the process was killed, for want of memory perhaps.
        Exception: whatever `work` raises.
    """
    if not patcher.is_monkey_patched("socket"):
        return computing.named(work)(*args)
    return _apart.run(work, args)


class ComputingEnded(Exception):
    """The process that computes ended before it answered."""


class _Apart:
    """The one process that computes for this one, while there is one. Works one by one."""

    def __init__(self) -> None:
        self._one_by_one = Semaphore()
        self._process: subprocess.Popen[bytes] | None = None
        self._end: Any = None

    def run(self, work: str, args: tuple[Any, ...]) -> Any:
        with self._one_by_one:
            if self._end is not None:
                self._end.cancel()
            try:
                good, result = self._ask(self._started(), (work, args))
            except (OSError, EOFError) as error:
                self._kill()
                raise ComputingEnded(f"{work} was not finished") from error
            except (
                BaseException
            ):  # such as an eventlet.Timeout: its answer must not be taken for another's
                self._kill()
                raise
            self._end = greenthread.spawn_after(IDLE_SECONDS, self._end_if_idle)
        if not good:
            raise result
        return result

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            command = [sys.executable, "-m", computing.__name__]
            self._process = subprocess.Popen(  # noqa: S603  # our own module
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
            )
        return self._process

    @staticmethod
    def _ask(process: subprocess.Popen[bytes], question: Any) -> Any:
        assert process.stdin is not None  # noqa: S101  # both are pipes
        assert process.stdout is not None  # noqa: S101
        computing.send(process.stdin, question)
        return computing.receive(process.stdout)

    def _end_if_idle(self) -> None:
        with self._one_by_one:
            self._end = None
            self._kill()

    def _kill(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()


_apart = _Apart()
