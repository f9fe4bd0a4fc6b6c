"""The process that computes for a service: reads pickled works from standard input, writes pickled
results.

Imports nothing but the standard library and what the works name. Ends with its input. See
`offload`.
"""

from __future__ import annotations

import importlib
import os
import pickle
import signal
import struct
from collections.abc import Callable
from typing import Any, Protocol

_SIZE = struct.Struct("!Q")


class Writable(Protocol):
    """A raw pipe: may take less than it is given."""

    def write(self, data: memoryview, /) -> int | None: ...


class Readable(Protocol):
    """A raw pipe: may give less than it is asked for, and nothing at its end."""

    def read(self, size: int, /) -> bytes: ...


def named(work: str) -> Callable[..., Any]:
    """The function of a name such as `package.module:function`."""
    module, _, name = work.partition(":")
    function: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return function


def send(pipe: Writable, value: Any) -> None:
    """Write a value, all of it."""
    data = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    left = memoryview(_SIZE.pack(len(data)) + data)
    while left:
        left = left[pipe.write(left) or 0 :]


def receive(pipe: Readable) -> Any:
    """Read a value. Raises `EOFError` when the other side is gone."""
    (size,) = _SIZE.unpack(_read(pipe, _SIZE.size))
    return pickle.loads(_read(pipe, size))  # noqa: S301  # from our own process


def _read(pipe: Readable, size: int) -> bytes:
    parts = []
    while size:
        part = pipe.read(min(size, 1 << 20))
        if not part:
            raise EOFError
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def main() -> None:
    """Compute until there is nothing more to read."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the service's to answer
    questions = os.fdopen(os.dup(0), "rb", buffering=0)
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # what a library prints must not stand among the answers
    while True:
        try:
            work, args = receive(questions)
        except EOFError:
            return
        try:
            answer = True, named(work)(*args)
        except Exception as error:
            answer = False, error
        send(answers, answer)


if __name__ == "__main__":
    main()
