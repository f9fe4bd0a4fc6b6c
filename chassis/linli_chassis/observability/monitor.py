"""`/metrics` and `/healthz` of a process that serves no other HTTP, such as a relay."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import structlog

from linli_chassis.observability import metrics
from linli_chassis.observability.watchdog import STUCK_SECONDS, stuck_loops

log = structlog.get_logger(__name__)

Health = Callable[[], tuple[int, dict[str, Any]]]
"""The status of `/healthz` and its document."""


@contextmanager
def monitored(service: str, bind: str | None, health: Health) -> Iterator[tuple[str, int] | None]:
    """Serve at `bind` (host:port) from a thread while the block runs; yields the real address.

    An address that cannot be bound is logged, and the work goes on without being watched.
    """
    if bind is None:
        yield None
        return
    host, _, port = bind.rpartition(":")
    try:
        server = ThreadingHTTPServer((host, int(port)), handler_of(health))
    except (OSError, OverflowError) as error:
        log.error("this process cannot be watched", service=service, bind=bind, error=str(error))
        yield None
        return
    thread = Thread(target=server.serve_forever, name="monitor", daemon=True)
    thread.start()
    try:
        yield str(server.server_address[0]), int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def loop_health(
    service: str, last_loop_at: float | None, **more: Any
) -> tuple[int, dict[str, Any]]:
    """Status and document: 503 when the last loop is `STUCK_SECONDS` ago, whatever it waits for.

    Args:
        last_loop_at: when it last began its loop, in Unix time.
    """
    idle = time.time() - (last_loop_at or 0.0)
    stuck = idle > STUCK_SECONDS
    document = {"status": "stuck" if stuck else "ok", "service": service, **more}
    return (503, {**document, "seconds": round(idle)}) if stuck else (200, document)


def relay_health(service: str) -> tuple[int, dict[str, Any]]:
    """Whether the relay of a service loops, and whether it is the leader."""
    active = metrics.REGISTRY.get_sample_value("linli_relay_active", {"service": service}) == 1
    return process_health(service, active=active)


def process_health(service: str, **more: Any) -> tuple[int, dict[str, Any]]:
    """Status and document: 503 when a loop of this process stands still, whatever it waits for."""
    stuck = stuck_loops()
    document = {"status": "stuck" if stuck else "ok", "service": service, **more}
    return (503, {**document, "loops": stuck}) if stuck else (200, document)


def handler_of(health: Health) -> type[BaseHTTPRequestHandler]:
    """The handler class of the one page of metrics and the one of health."""

    class Handler(BaseHTTPRequestHandler):
        timeout = 30

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            if path == "/metrics":
                self._send(200, metrics.CONTENT_TYPE, metrics.exposition())
            elif path == "/healthz":
                status, document = health()
                self._send(status, "application/json", json.dumps(document).encode())
            else:
                self._send(404, "text/plain", b"/metrics or /healthz\n")

        def _send(self, status: int, content_type: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            with suppress(ConnectionError):  # a prober may hang up before the end
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, *_arguments: Any) -> None:
            """Log nothing: it is asked every few seconds."""

    return Handler
