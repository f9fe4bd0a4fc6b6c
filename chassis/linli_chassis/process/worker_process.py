"""A process that computes once: reads a pickled call from standard input, writes its result.

Imports nothing but the standard library and the module of the function. See `offload`.
"""

from __future__ import annotations

import importlib
import os
import pickle
import resource
import signal
import sys
from collections.abc import Callable
from typing import Any


def find_function(name: str) -> Callable[..., Any]:
    """The function of a name such as `package.module:function`."""
    module, _, attribute = name.partition(":")
    function: Callable[..., Any] = getattr(importlib.import_module(module), attribute)
    return function


def main() -> None:
    """Compute, and write whether that succeeded, with the result or the exception."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the service to handle
    results = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not mix with the result
    work, args, memory_bytes = pickle.load(sys.stdin.buffer)  # noqa: S301  # from our own process
    if memory_bytes is not None:
        # Else OpenBLAS takes memory for a thread on every core of the machine.
        os.environ["OPENBLAS_NUM_THREADS"] = "1"
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    try:
        outcome = True, find_function(work)(*args)
    except Exception as error:
        outcome = False, error
    with results:
        pickle.dump(outcome, results, pickle.HIGHEST_PROTOCOL)


if __name__ == "__main__":
    main()
