"""The embedded platform's one process: all services behind one port, their relays, and the embedded
bus between them.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import eventlet
import structlog
from eventlet import wsgi
from linli_chassis.http.server import WSGI_OPTIONS, tick
from linli_chassis.observability import gauges, tracing
from linli_chassis.process.runtime import Runtime, container_of, relay_of
from linli_contracts.manifest import api_services, find_service

log = structlog.get_logger(__name__)


class Front:
    """A WSGI application that gives each request to the service its path names, and answers for all
    of them.
    """

    def __init__(self, applications: Mapping[str, Callable[..., Iterable[bytes]]]) -> None:
        self._applications = applications

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        parts = environ["PATH_INFO"].split("/", 3)
        if len(parts) > 2 and parts[1] == "api" and parts[2] in self._applications:
            return self._applications[parts[2]](environ, start_response)
        if environ["PATH_INFO"] == "/readyz":
            return self._ready(environ, start_response)
        return self._applications[api_services()[0]](environ, start_response)

    def _ready(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """The first service that is not ready answers for all; else the last one does."""
        body: Iterable[bytes] = []
        answer: list[Any] = []
        for application in self._applications.values():
            body = application(environ, lambda *args: answer.append(args))
            if not answer[-1][0].startswith("200"):
                break
        start_response(*answer[-1])
        return body


def host(environ: Mapping[str, str]) -> None:
    """Run until SIGTERM or SIGINT. Raises `BadSettings`."""
    mount: dict[str, Any] = {}
    containers, relays = [], []
    for name in api_services():
        service = find_service(name).load_service()
        settings = service.settings.load(environ)
        runtime = Runtime.of(name, settings)
        tracing.configure(name, environ)
        gauges.watch(name, settings.database_url, runtime.engine.pool)
        containers.append(container_of(service, runtime, mount=mount))
        relays.append(relay_of(name, settings, wait=eventlet.sleep))
    for container in containers:
        container.start()
    publishing = [eventlet.spawn(relay.run) for relay in relays]
    ticking = eventlet.spawn(tick)
    address, _, port = settings.http_bind.rpartition(":")
    socket = eventlet.listen((address, int(port)), backlog=1024)
    serving = eventlet.spawn(wsgi.server, socket, Front(mount), **WSGI_OPTIONS)

    done = eventlet.event.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _signum, _frame: done.ready() or done.send(None))
    log.info("platform started", http=settings.http_bind)
    done.wait()
    socket.close()
    serving.kill()
    for container in containers:
        container.stop()
    for relay in relays:
        relay.stop()
    for thread in publishing:
        thread.wait()
    ticking.kill()
    tracing.shutdown()
    log.info("platform stopped")


__all__ = ["Front", "host"]
