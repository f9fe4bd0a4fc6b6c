"""Ports for servers of tests: of the loopback address, and not handed out twice.

They lie below those that the system gives to outgoing connections, and each worker of a test run
has a range of its own, so that nobody takes a port between looking at it and listening on it.
"""

from __future__ import annotations

import os
import socket
from itertools import count

_RANGE = 3_000
_FIRST = 12_000
_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 6
_next = count(_FIRST + _worker * _RANGE + os.getpid() % 1_000)


def free_ports(number: int) -> int:
    """The first of so many free ports in a row. Raises `OSError` when the range is used up."""
    end = _FIRST + (_worker + 1) * _RANGE
    in_a_row = 0
    for port in _next:
        if port >= end:
            break
        in_a_row = in_a_row + 1 if _is_free(port) else 0
        if in_a_row == number:
            return port - number + 1
    raise OSError("no free ports are left in the range of this worker")


def free_port() -> int:
    """A free port."""
    return free_ports(1)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
