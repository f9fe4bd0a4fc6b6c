"""The HTTP server of a service: sockets, WSGI, and a stop that loses no request."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from email.message import Message
from functools import partial
from time import perf_counter
from typing import Any

import eventlet
import structlog
from eventlet import wsgi
from eventlet.semaphore import Semaphore
from nameko.web.server import BindAddress, WebServer, parse_address
from uuid_utils.compat import uuid7

from linli_chassis.http.application import CLOSE_CONNECTION, Application
from linli_chassis.http.auth import Authenticator
from linli_chassis.http.builtin import BuiltIn
from linli_chassis.http.pipeline import RETRY_AFTER_SECONDS, Pipeline
from linli_chassis.http.problems import MEDIA_TYPE, TITLES, Problem
from linli_chassis.observability import metrics

STOP_SECONDS = 20.0
QUIET_SECONDS = 0.25  # without a request: who connected before the socket closed has sent by then
IDLE_SECONDS = 65  # longer than the usual 60 of a proxy, so that it is the proxy that closes
SOCKET_SECONDS = 30.0
HEAD_SECONDS = 10.0
"""Within which a request line and its headers must arrive, however steadily they drip."""
BACKLOG = 1024
SLOT_SECONDS = 1.0
MAX_WAITING = 1000
"""Requests that wait for a worker."""
TICK_SECONDS = 0.25

_LENGTH = re.compile(r"[0-9]{1,18}")

log = structlog.get_logger(__name__)


def tick() -> None:
    """Measure, without end, by how much the event loop is late.

    It also wakes the loop for signals, which Python handles within epoll without returning from it.
    """
    while True:
        due = perf_counter() + TICK_SECONDS
        eventlet.sleep(TICK_SECONDS)
        metrics.event_loop_lag_seconds.observe(max(0.0, perf_counter() - due))


class HttpServer(WebServer):
    """Serves the routes of a container, on a socket or in the `mount` of the container's config."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting = 0
        self._starting = False
        self._is_accepting = True
        self.draining = False
        self._mounted = False

    def setup(self) -> None:
        """Prepare to be started."""
        super().setup()
        workers = self.container.config.get("http_workers", self.container.max_workers)
        self._slots = Semaphore(workers)

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Hold one of the workers that requests may take.

        Raises:
            Problem: 503, none is free for a second, or too many requests wait already.
        """
        if self._waiting >= MAX_WAITING or not self._wait_for_slot():
            problem = Problem(503, "busy", "The service is busy now; try again later.")
            problem.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
            raise problem
        try:
            yield
        finally:
            self._slots.release()

    def _wait_for_slot(self) -> bool:
        self._waiting += 1
        try:
            free: bool = self._slots.acquire(timeout=SLOT_SECONDS)
            return free
        finally:
            self._waiting -= 1

    @property
    def bind_addr(self) -> BindAddress:
        """Host and port of the config key HTTP_BIND, or of the settings."""
        config = self.container.config
        return parse_address(config.get("HTTP_BIND") or config["runtime"].settings.http_bind)

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens, with the port that the system chose for port 0."""
        host, port = self._sock.getsockname()[:2]
        return str(host), int(port)

    def start(self) -> None:
        """Listen, or enter the application into the mount."""
        if self._starting:
            return
        self._starting = True
        application = self.get_wsgi_app()
        mount = self.container.config.get("mount")
        if mount is not None:
            self._mounted = True
            mount[self.container.service_name] = application
            return
        self._sock = eventlet.listen(self.bind_addr, backlog=BACKLOG)
        self._serv = wsgi.Server(self._sock, self._sock.getsockname(), application, **WSGI_OPTIONS)
        self._gt = self.container.spawn_managed_thread(self.run)
        self.container.spawn_managed_thread(tick)

    def get_wsgi_app(self) -> Application:
        """The application of all registered routes and the built-in ones."""
        service, runtime = self.container.service_name, self.container.config["runtime"]
        pages = BuiltIn(self.container.service_cls, runtime)
        rules = [*(route.rule() for route in self._providers), *pages.rules()]
        return Application(
            service,
            Pipeline(rules, Authenticator(runtime.settings)),
            language=runtime.settings.language,
            is_closing=lambda: self.draining,
            is_refusing=lambda: self.draining and self._mounted,
        )

    def run(self) -> None:
        """Accept connections until stopped; wait where no file handles are left."""
        while self._is_accepting:
            try:
                sock, address = self._sock.accept()
            except OSError as error:
                if not self._is_accepting:
                    return
                log.warning("cannot accept a connection", error=str(error))
                eventlet.sleep(0.1)
                continue
            self._spawn(sock, address)

    def _spawn(self, sock: Any, address: Any) -> None:
        self.container.spawn_managed_thread(lambda: self._serve(sock, address))

    def _serve(self, sock: Any, address: Any) -> None:
        # nameko kills the container when a managed thread raises, even for a broken connection.
        try:
            sock.settimeout(self._serv.socket_timeout)
            self._serv.process_request([address, sock, wsgi.STATE_IDLE])
        except Exception as error:
            log.debug("connection broke", error=type(error).__name__)
            sock.close()

    def drain(self) -> None:
        """Stop listening, and answer what was sent until then, 20 seconds at most.

        A mounted service, whose socket others use, refuses new requests at once.
        """
        self.draining = True
        if self._mounted or not self._starting or not self._is_accepting:
            return
        self._is_accepting = False
        self._gt.kill()
        self._accept_backlog()
        self._sock.close()
        with eventlet.Timeout(STOP_SECONDS, False):
            quiet_since = perf_counter()
            while perf_counter() - quiet_since < QUIET_SECONDS:
                eventlet.sleep(0.01)
                if self._serv.outstanding_requests:
                    quiet_since = perf_counter()

    def _accept_backlog(self) -> None:
        """Accept connections that wait; closing the socket would reset them, requests included."""
        self._sock.setblocking(False)
        with suppress(OSError):
            while True:
                sock, address = self._sock.accept()
                sock.setblocking(True)
                self._spawn(sock, address)

    def stop(self) -> None:
        """Leave the mount, or close the socket if `drain` has not."""
        if self._mounted:
            self.container.config["mount"].pop(self.container.service_name, None)
        elif self._starting:
            self.drain()
        self.wait_for_providers()


class HttpProtocol(wsgi.HttpProtocol):
    """eventlet's protocol; the application may close the connection, bad requests get problems."""

    def _read_request_line(self) -> Any:
        # Idle until the first byte; from then on all has to arrive within the bound.
        try:
            self.connection.settimeout(self.server.keepalive)
            self.rfile.peek(1)
        except (OSError, ValueError):  # idle for too long, or broken
            return b""
        line = b""
        with eventlet.Timeout(HEAD_SECONDS, False):
            line = super()._read_request_line()
        if len(line) < self.server.url_length_limit:
            return line
        self.send_error(414)
        return b""

    def parse_request(self) -> bool:
        """Read the headers; False when the request was refused, which closes the connection."""
        try:
            with eventlet.Timeout(HEAD_SECONDS, TimeoutError):
                if not super().parse_request():
                    return False
        except TimeoutError:
            self.send_error(408)
            return False
        if not has_strict_framing(self.headers):
            self.send_error(400)
            return False
        return True

    def get_environ(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environ()
        environ[CLOSE_CONNECTION] = self._close
        unread = environ["eventlet.input"]
        unread.discard = partial(self._discard, unread.discard)
        return environ

    def _discard(self, read_rest: Callable[[], None]) -> None:
        """Read what the application left of a body, so that the next request can follow."""
        try:
            with eventlet.Timeout(HEAD_SECONDS, TimeoutError):
                read_rest()
        except TimeoutError:
            self.close_connection = True

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002
        """Answer what could not even be read as HTTP, in English: its headers are not known."""
        self.close_connection = True
        title = TITLES.get(code, TITLES[400])
        document = {
            "type": f"urn:linli:problem:{title.lower().replace(' ', '-')}",
            "title": title,
            "status": code,
            "detail": "This could not be read as a request.",
            "instance": "",
            "correlation_id": str(uuid7()),
        }
        body = json.dumps(document).encode()
        head = (
            f"HTTP/1.1 {code} {title}",
            f"Content-Type: {MEDIA_TYPE}",
            f"Content-Length: {len(body)}",
        )
        self.wfile.write("\r\n".join([*head, "Connection: close", "", ""]).encode() + body)

    def _close(self) -> None:
        self.close_connection = True


def has_strict_framing(headers: Message) -> bool:
    """Whether it is beyond doubt where a request ends (RFC 9112, 6.3).

    A proxy that reads a length otherwise than we do would take the rest for another request.
    """
    if headers.get_payload():  # lines after one that is no header, and so were not read as such
        return False
    lengths = headers.get_all("Content-Length", [])
    codings = headers.get_all("Transfer-Encoding", [])
    return (
        all(_LENGTH.fullmatch(length) for length in lengths)
        and len(lengths) + len(codings) <= 1
        and all(coding.strip().lower() == "chunked" for coding in codings)
    )


WSGI_OPTIONS: dict[str, Any] = {
    "protocol": HttpProtocol,
    "debug": False,  # else a traceback would go to the client
    "log_output": False,
    "keepalive": IDLE_SECONDS,
    "socket_timeout": SOCKET_SECONDS,
}
"""How our applications are served by eventlet, here and wherever several share a port."""
