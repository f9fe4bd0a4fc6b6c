"""One delivery: a signed POST to a checked address, within 15 seconds, following nothing."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from time import monotonic
from typing import Any
from uuid import UUID

from linli_contracts.envelope import Event, encode
from standardwebhooks import Webhook

from linli_webhooks.endpoints import check_url, resolve

SECONDS = 15.0
CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"
_GONE = 410


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an attempt: the status that was answered, or what went wrong before there was
    one.
    """

    status: int | None = None
    error: str | None = None

    @property
    def delivered(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def gone(self) -> bool:
        return self.status == _GONE


def structured(event: Event) -> str:
    """An event as a CloudEvent in structured JSON."""
    message = encode(event)
    attributes = {name.removeprefix("ce-"): value for name, value in message.headers.items()}
    return json.dumps(
        {**attributes, "datacontenttype": message.content_type, "data": json.loads(message.body)},
        ensure_ascii=False,
    )


def send(
    url: str,
    secret: str,
    event_id: UUID,
    body: str,
    *,
    allow_http: bool,
    allow_private: bool,
    seconds: float = SECONDS,
) -> Outcome:
    """Make one attempt. Never raises for what the other side does.

    Args:
        secret: as Standard Webhooks writes it, `whsec_...`.
        body: signed and sent as it is, in UTF-8.
    """
    now = datetime.now(UTC)
    headers = {
        "content-type": CONTENT_TYPE,
        "user-agent": "linli-webhooks",
        "webhook-id": str(event_id),
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(str(event_id), now, body),
    }
    try:
        parts = check_url(url, allow_http=allow_http)
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        addresses = resolve(host, port, allow_private=allow_private)
        connection = _Connection(
            host, port, addresses, tls=parts.scheme == "https", seconds=seconds
        )
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return Outcome(status=_post(connection, path, headers, body.encode(), seconds))
    except (OSError, ValueError, http.client.HTTPException) as error:
        return Outcome(error=f"{type(error).__name__}: {error}"[:500])


class _Connection(http.client.HTTPConnection):
    """Connects to addresses that were checked, and nowhere else: asking for the name again could
    give others.
    """

    def __init__(
        self, host: str, port: int, addresses: list[str], *, tls: bool, seconds: float
    ) -> None:
        super().__init__(host, port, timeout=seconds)
        self._addresses, self._tls = addresses, tls
        self._deadline = monotonic() + seconds  # for all addresses together
        if tls:
            self.default_port = http.client.HTTPS_PORT  # left out of the header Host

    def connect(self) -> None:
        for number, address in enumerate(self._addresses, start=1):
            try:
                self.sock = socket.create_connection((address, self.port), self._left())
                break
            except OSError:
                if number == len(self._addresses):
                    raise
        self.sock.settimeout(self._left() + 1)  # the timer of `_at_most` ends it before that
        if self._tls:
            # Kept before the handshake, so that one which never ends can be ended.
            self.sock = _tls().wrap_socket(
                self.sock, server_hostname=self.host, do_handshake_on_connect=False
            )
            self.sock.do_handshake()

    def _left(self) -> float:
        """The seconds that are left. Raises `TimeoutError` when none are."""
        left = self._deadline - monotonic()
        if left <= 0:
            raise TimeoutError(f"no connection to {self.host} in time")
        return left


def _post(
    connection: http.client.HTTPConnection,
    path: str,
    headers: Mapping[str, str],
    body: bytes,
    seconds: float,
) -> int:
    with _at_most(seconds, connection):
        connection.request("POST", path, body, dict(headers))
        # What is answered besides is not read, however long it is.
        return connection.getresponse().status


@contextmanager
def _at_most(seconds: float, connection: http.client.HTTPConnection) -> Iterator[None]:
    """Break the connection when time is up: time limits of sockets hold for each byte anew."""
    expired = threading.Event()

    def expire() -> None:
        expired.set()
        if connection.sock is not None:
            with suppress(OSError):
                connection.sock.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, expire)
    timer.daemon = True
    timer.start()
    try:
        yield
    except (OSError, http.client.HTTPException):
        if not expired.is_set():
            raise
    finally:
        timer.cancel()
        connection.close()
    if expired.is_set():  # an answer cut off by us looks whole to the library
        raise TimeoutError(f"no answer within {seconds:g} s")


@cache
def _tls() -> Any:
    return ssl.create_default_context()
