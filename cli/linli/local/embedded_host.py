"""The embedded platform's one process: all services behind one port, and their relays."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
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
    """A WSGI application that gives each request to the service that its path names."""

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
        started: list[Any] = []
        for application in self._applications.values():
            body = application(environ, lambda *args: started.append(args))
            if not started[-1][0].startswith("200"):
                break
        start_response(*started[-1])
        return body


def host(environ: Mapping[str, str]) -> None:
    """Run until SIGTERM or SIGINT. Raises `BadSettings`."""
    mount: dict[str, Any] = {}
    containers, relays, http_bind = [], [], ""
    for name in api_services():
        service = find_service(name).load_service()
        settings = service.settings.load(environ)
        runtime = Runtime.of(name, settings)
        tracing.configure(name, environ)
        gauges.watch(name, settings.database_url, runtime.engine.pool)
        containers.append(container_of(service, runtime, mount=mount))
        relays.append(relay_of(name, settings, wait=eventlet.sleep))
        http_bind = settings.http_bind
    with _running(containers, relays), _listening(http_bind, Front(mount)):
        log.info("platform started", http=http_bind)
        _wait_for_signal()
    tracing.shutdown()
    log.info("platform stopped")


@contextmanager
def _running(containers: Sequence[Any], relays: Sequence[Any]) -> Iterator[None]:
    for container in containers:
        container.start()
    relaying = [eventlet.spawn(relay.run) for relay in relays]
    ticking = eventlet.spawn(tick)
    yield
    for container in containers:
        container.stop()
    for relay in relays:
        relay.stop()
    for thread in relaying:
        thread.wait()
    ticking.kill()


@contextmanager
def _listening(bind: str, application: Front) -> Iterator[None]:
    address, _, port = bind.rpartition(":")
    socket = eventlet.listen((address, int(port)), backlog=1024)
    serving = eventlet.spawn(wsgi.server, socket, application, **WSGI_OPTIONS)
    yield
    socket.close()
    serving.kill()


def _wait_for_signal() -> None:
    done = eventlet.event.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _signum, _frame: done.ready() or done.send(None))
    done.wait()
