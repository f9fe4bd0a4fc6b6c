"""The embedded platform's one process: all services behind one port, and their relays."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import eventlet
import structlog
from eventlet import wsgi
from linli_chassis.http.server import WSGI_OPTIONS, tick
from linli_chassis.messaging.relay import Relay
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
        gauges.watch(name, runtime.monitoring_engine, runtime.engine.pool)
        containers.append(container_of(service, runtime, mount=mount))
        relays.append(relay_of(name, settings, wait=eventlet.sleep))
        http_bind = settings.http_bind
    done = Done()
    with _running(containers, relays, done), _listening(http_bind, Front(mount), done):
        log.info("platform started", http=http_bind)
        failed = done.wait()
    tracing.shutdown()
    log.info("platform stopped")
    if failed:
        raise SystemExit(1)


class Done:
    """Awaits a signal, or a part that ends: one process with a dead part must not go on."""

    def __init__(self) -> None:
        self._event: Any = eventlet.event.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda _signum, _frame: self._end(failed=False))

    def wait(self) -> bool:
        """Wait; whether a part failed."""
        failed: bool = self._event.wait()
        return failed

    def spawn(self, part: str, run: Callable[[], Any]) -> Any:
        """Run a part in a green thread, whose end is the end of the platform."""
        return eventlet.spawn(self._run, part, run)

    def _run(self, part: str, run: Callable[[], Any]) -> None:
        error: BaseException | None = None
        try:
            run()
        except (Exception, eventlet.Timeout) as raised:
            error = raised
        if error or not self._event.ready():
            log.error("a part of the platform ended", part=part, exc_info=error)
        self._end(failed=True)

    def _end(self, *, failed: bool) -> None:
        if not self._event.ready():
            self._event.send(failed)


@contextmanager
def _running(containers: Sequence[Any], relays: Sequence[Relay], done: Done) -> Iterator[None]:
    for container in containers:
        container.start()
        done.spawn(container.service_name, container.wait)
    relaying = [done.spawn(f"{relay.service} relay", relay.run) for relay in relays]
    ticking = done.spawn("event loop", tick)
    yield
    for container in containers:
        container.stop()
    for relay in relays:
        relay.stop()
    for thread in relaying:
        thread.wait()
    ticking.kill()


@contextmanager
def _listening(bind: str, application: Front, done: Done) -> Iterator[None]:
    address, _, port = bind.rpartition(":")
    socket = eventlet.listen((address, int(port)), backlog=1024)
    serving = done.spawn("HTTP server", partial(wsgi.server, socket, application, **WSGI_OPTIONS))
    yield
    socket.close()
    serving.kill()
