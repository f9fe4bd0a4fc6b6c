"""Patches the standard library for eventlet, before a service's process imports anything else."""

from __future__ import annotations

import os
import warnings
from typing import Any


def patch() -> None:
    """Patch sockets, locks, sleeps and processes for eventlet; a second time does nothing.

    Names are looked up by the system's resolver in a native thread, not by eventlet's own, which
    would know other names than the rest of the machine.
    """
    # Known, see ADR 1. Logs are JSON, and this is not.
    warnings.filterwarnings("ignore", r"\s*Eventlet is deprecated")
    os.environ.setdefault("EVENTLET_NO_GREENDNS", "yes")
    os.environ.setdefault("EVENTLET_THREADPOOL_SIZE", "4")
    import eventlet

    if eventlet.patcher.is_monkey_patched("socket"):
        return
    eventlet.monkey_patch()
    import socket

    from eventlet import tpool
    from eventlet.green import socket as green_socket

    look_up = socket.getaddrinfo

    def getaddrinfo(*args: Any, **kwargs: Any) -> Any:
        return tpool.execute(look_up, *args, **kwargs)

    socket.getaddrinfo = green_socket.getaddrinfo = getaddrinfo
    _log_uncaught()


def _log_uncaught() -> None:
    """Have errors that leave a green thread logged; the hub would print them with their words."""
    from eventlet.hubs import get_hub

    from linli_chassis.observability.logs import log_uncaught

    hub = get_hub()
    hub.squelch_generic_exception = lambda exc_info: log_uncaught(*exc_info)
    hub.squelch_timer_exception = lambda _timer, exc_info: log_uncaught(*exc_info)
