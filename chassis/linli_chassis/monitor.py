"""What can be asked of a relay, which has no HTTP of its own: `/metrics`, and `/healthz` for whoever restarts it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import structlog

from linli_chassis import metrics

log = structlog.get_logger(__name__)

STUCK_SECONDS = 120.0
"""A relay goes round every few seconds; the longest wait within a round, for confirms and a new connection, is 60."""


@contextmanager
def monitored(service: str, bind: str | None) -> Iterator[tuple[str, int] | None]:
    """Answer at `bind` (host:port) from a thread while the block runs; gives the address it listens on.

    An address that cannot be had is logged and done without, for publishing matters more than being watched.
    """
    if bind is None:
        yield None
        return
    host, _, port = bind.rpartition(":")
    try:
        server = ThreadingHTTPServer((host, int(port)), handler_of(service))
    except (OSError, OverflowError) as error:
        log.error("the relay cannot be watched", service=service, bind=bind, error=str(error))
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


def health(service: str) -> tuple[int, dict[str, Any]]:
    """Status and document: 503 when the relay has not gone round for long, whatever it waits for."""
    labels = {"service": service}
    turned_at = metrics.REGISTRY.get_sample_value("linli_relay_turned_timestamp_seconds", labels) or 0.0
    idle = time.time() - turned_at
    stuck = idle > STUCK_SECONDS
    active = metrics.REGISTRY.get_sample_value("linli_relay_active", labels) == 1
    document = {"status": "stuck" if stuck else "ok", "service": service, "active": active}
    return (503, {**document, "seconds": round(idle)}) if stuck else (200, document)


def handler_of(service: str) -> type[BaseHTTPRequestHandler]:
    """The handler class of the one page of metrics and the one of health."""

    class Handler(BaseHTTPRequestHandler):
        timeout = 30

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            if path == "/metrics":
                self._send(200, metrics.CONTENT_TYPE, metrics.exposition())
            elif path == "/healthz":
                status, document = health(service)
                self._send(status, "application/json", json.dumps(document).encode())
            else:
                self._send(404, "text/plain", b"/metrics or /healthz\n")

        def _send(self, status: int, content_type: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: Any) -> None:
            """Being asked is no news."""

    return Handler
