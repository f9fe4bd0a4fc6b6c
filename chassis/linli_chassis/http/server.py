"""The HTTP server of a service: finds the route, tells logs and metrics of a request, and loses
none on stopping.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import eventlet
import structlog
from eventlet import wsgi
from nameko.web.server import BindAddress, WebServer, parse_address
from uuid_utils.compat import uuid7
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from linli_chassis.http.builtin import BuiltIn
from linli_chassis.http.pipeline import not_found
from linli_chassis.http.problems import MEDIA_TYPE, Problem, problem_response
from linli_chassis.http.route_info import METHODS
from linli_chassis.i18n import current_locale, negotiate
from linli_chassis.observability import metrics, tracing

CORRELATION_HEADER = "X-Correlation-ID"
STOP_SECONDS = 20.0
IDLE_SECONDS = 65  # longer than the usual 60 of a proxy, so that it is the proxy that closes
SOCKET_SECONDS = 30.0
BACKLOG = 1024
TICK_SECONDS = 0.25
_CLOSE = "linli.close_connection"
_MEASURED_METHODS = frozenset({*METHODS, "HEAD", "OPTIONS"})
_CORRELATION = re.compile(r"[A-Za-z0-9._:-]{1,64}")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a worker made of a request: a response, or the error it ended with."""

    response: Response | None = None
    error: Exception | None = None

    def unwrap(self) -> Response:
        """The response; raises the error."""
        if self.error is not None:
            raise self.error
        assert self.response is not None  # noqa: S101 - one of both is always given
        return self.response


@contextmanager
def bound_to_request(service: str, correlation_id: str, locale: str) -> Iterator[None]:
    """Bind logs and texts to a request. Each greenlet has a context of its own, so the worker binds
    again.
    """
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(service=service, correlation_id=correlation_id)
    token = current_locale.set(locale)
    try:
        yield
    finally:
        current_locale.reset(token)
        structlog.contextvars.clear_contextvars()


class Application:
    """The WSGI application of one service."""

    def __init__(self, server: HttpServer, rules: Iterable[Rule]) -> None:
        self._server = server
        self._default_locale = server.container.config["runtime"].settings.language
        # Paths are matched without a host, so that no Host header can lead anywhere.
        self._adapter = Map(list(rules), strict_slashes=False, merge_slashes=False).bind("linli")

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        began = perf_counter()
        request = Request(environ)
        given = environ.get("HTTP_X_CORRELATION_ID", "")
        correlation_id = given if _CORRELATION.fullmatch(given) else str(uuid7())
        locale = negotiate(environ.get("HTTP_ACCEPT_LANGUAGE"), self._default_locale)
        service, traceparent = self._server.container.service_name, environ.get("HTTP_TRACEPARENT")
        with (
            bound_to_request(service, correlation_id, locale),
            tracing.serving(service, request.method, request.path, traceparent) as span,
        ):
            template, response = self._answer(request, locale, correlation_id)
            response.headers[CORRELATION_HEADER] = correlation_id
            response.headers["Cache-Control"] = "no-store"  # answers may hold personal data
            response.headers["X-Content-Type-Options"] = "nosniff"
            self._close_if_needed(environ, response)
            seconds = perf_counter() - began
            span.update(route=template, status=response.status_code, correlation_id=correlation_id)
            # Whatever stands where the method should would be a series that stays.
            method = request.method if request.method in _MEASURED_METHODS else "other"
            metrics.http_requests.labels(service, template, method, response.status_code).inc()
            metrics.http_request_seconds.labels(service, template).observe(seconds)
            log.debug(
                "answered",
                route=template,
                method=request.method,
                status=response.status_code,
                seconds=seconds,
            )
        return response(environ, start_response)

    def _answer(self, request: Request, locale: str, correlation_id: str) -> tuple[str, Response]:
        template = "unmatched"
        try:
            rule, path = self._match(request)
            template = rule.rule
            return template, rule.endpoint.answer(request, path, locale, correlation_id)
        except Problem as refused:
            problem = refused
        except Exception as error:
            log.exception("request failed", route=template, exc_info=error)
            problem = Problem(
                500,
                "internal-error",
                "Something went wrong here; give {id} when you ask about it.",
                id=correlation_id,
            )
        return template, problem_response(
            problem, locale, instance=request.path, correlation_id=correlation_id
        )

    def _match(self, request: Request) -> tuple[Rule, dict[str, Any]]:
        if self._server.draining:
            raise Problem(503, "stopping", "The service is stopping; try again.")
        try:
            rule, path = self._adapter.match(request.path, request.method, return_rule=True)
        except MethodNotAllowed as error:
            problem = Problem(
                405, "no-such-method", "This path does not take {method}.", method=request.method
            )
            problem.headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))
            raise problem from None
        except HTTPException:
            raise not_found() from None
        return rule, dict(path)

    def _close_if_needed(self, environ: Mapping[str, Any], response: Response) -> None:
        # After 408 and 413 the rest of the body would have to be read before the next request.
        if _CLOSE in environ and (response.status_code in (408, 413) or self._server.draining):
            environ[_CLOSE]()


def tick() -> None:
    """Measure, without end, how late the event loop turns.

    It also wakes the loop for signals, which Python handles within epoll without returning from it.
    """
    while True:
        due = perf_counter() + TICK_SECONDS
        eventlet.sleep(TICK_SECONDS)
        metrics.event_loop_lag_seconds.observe(max(0.0, perf_counter() - due))


class HttpServer(WebServer):
    """Serves the routes of a container: on a socket, or as `mount[<service>]` of the container's
    config.
    """

    def __init__(self) -> None:
        super().__init__()
        self._starting = False
        self._is_accepting = True
        self.draining = False
        self._mounted = False

    @property
    def bind_addr(self) -> BindAddress:
        """Host and port of the config key HTTP_BIND, or of the settings."""
        config = self.container.config
        return parse_address(config.get("HTTP_BIND") or config["runtime"].settings.http_bind)

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens; tells the port that the system chose for port 0."""
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
        builtin = BuiltIn(self.container.service_cls, self.container.config["runtime"])
        rules = [(provider.get_url_rule(), provider) for provider in self._providers]
        for rule, provider in rules:
            rule.endpoint = provider
        return Application(self, [*(rule for rule, _ in rules), *builtin.rules()])

    def run(self) -> None:
        """Accept connections until stopped. A failing accept (no file handles left) is waited out,
        not died of.
        """
        while self._is_accepting:
            try:
                sock, address = self._sock.accept()
            except OSError as error:
                if not self._is_accepting:
                    return
                log.warning("cannot accept a connection", error=str(error))
                eventlet.sleep(0.1)
                continue
            self.container.spawn_managed_thread(
                lambda sock=sock, address=address: self._serve(sock, address)
            )

    def _serve(self, sock: Any, address: Any) -> None:
        # nameko kills the container when a managed thread raises; one broken connection is no
        # reason.
        try:
            sock.settimeout(self._serv.socket_timeout)
            self._serv.process_request([address, sock, wsgi.STATE_IDLE])
        except Exception as error:
            log.debug("connection broke", error=type(error).__name__)
            sock.close()

    def drain(self) -> None:
        """Take no more requests, and wait for those in hand to be answered, 20 seconds at most."""
        self.draining = True
        if self._mounted or not self._starting or not self._is_accepting:
            return
        self._is_accepting = False
        self._gt.kill()
        self._sock.close()
        with eventlet.Timeout(STOP_SECONDS, False):
            while self._serv.outstanding_requests:
                eventlet.sleep(0.01)

    def stop(self) -> None:
        """Leave the mount, or close the socket if `drain` has not."""
        if self._mounted:
            self.container.config["mount"].pop(self.container.service_name, None)
        elif self._starting:
            self.drain()
        self.wait_for_providers()


class HttpProtocol(wsgi.HttpProtocol):
    """eventlet's protocol, in which the application may close the connection and bad requests get
    problems too.
    """

    def get_environ(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environ()
        environ[_CLOSE] = self._close
        return environ

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002
        """Answer what could not even be read as HTTP."""
        self.close_connection = True
        document = {"type": "urn:linli:problem:bad-request", "title": "Bad request", "status": code}
        body = json.dumps(document).encode()
        head = (
            f"HTTP/1.1 {code} Bad Request",
            f"Content-Type: {MEDIA_TYPE}",
            f"Content-Length: {len(body)}",
        )
        self.wfile.write("\r\n".join([*head, "Connection: close", "", ""]).encode() + body)

    def _close(self) -> None:
        self.close_connection = True


WSGI_OPTIONS: dict[str, Any] = {
    "protocol": HttpProtocol,
    "debug": False,  # else a traceback would go to the client
    "log_output": False,
    "keepalive": IDLE_SECONDS,
    "socket_timeout": SOCKET_SECONDS,
}
"""How our applications are served by eventlet, here and wherever several share a port."""
