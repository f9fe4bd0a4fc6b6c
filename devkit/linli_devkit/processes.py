"""Processes of ours in a test, and waiting for conditions."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

_T = TypeVar("_T")


def eventually(look: Callable[[], _T], *, seconds: float = 20.0, every: float = 0.02) -> _T:
    """The first truthy answer of `look`; fails the test when there is none in time."""
    deadline = time.monotonic() + seconds
    while not (result := look()):
        assert time.monotonic() < deadline, (
            f"not so after {seconds:g} s: {look.__name__}, at last {result!r}"
        )
        time.sleep(every)
    return result


@contextmanager
def process(
    arguments: Sequence[str], environ: Mapping[str, str], log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """A Python process with `environ` added to ours and its output in `log`; ended on leaving."""
    with log.open("ab") as output:
        running = subprocess.Popen(
            [sys.executable, *arguments],
            env={**os.environ, **environ},
            stdout=output,
            stderr=output,
        )
    try:
        yield running
    finally:
        if running.poll() is None:
            running.terminate()
            try:
                running.wait(15)
            except subprocess.TimeoutExpired:
                running.kill()
                running.wait()
