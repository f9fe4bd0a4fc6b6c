"""One delivery to real servers: verified by the standard's library, safe from bad servers."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from linli_contracts.registry import event_types, find
from linli_devkit.contracts.examples import stored_event, stored_example
from linli_webhooks.deliveries import sending
from linli_webhooks.deliveries.sending import Outcome, _Connection, send, structured
from standardwebhooks import Webhook, WebhookVerificationError

from .conftest import closed
from .receiver import Receiver, certificate, receiver

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ID = UUID("01a1f7b3-85e0-7abf-b42f-c2c6b0bfc6b3")


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with receiver() as hook_receiver:
        yield hook_receiver


def post(url: str, body: str = '{"名": "邻里"}', **more: Any) -> Outcome:
    return send(url, SECRET, ID, body, **{"allow_http": True, "allow_private": True, **more})


def test_a_delivery_is_signed_as_the_standard_says(hook: Receiver) -> None:
    assert post(hook.url) == Outcome(status=204)
    [one] = hook.received
    assert one.verified(SECRET) == {"名": "邻里"}
    assert one.path == "/hook?from=linli"
    assert one.headers["host"] == f"localhost:{hook.server.server_port}"
    assert one.headers["content-type"] == "application/cloudevents+json; charset=utf-8"
    assert one.headers["webhook-id"] == str(ID)
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_b3RoZXI=").verify(one.body, one.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(one.body + b" ", one.headers)


@pytest.mark.parametrize("name", [entry.name for entry in event_types()])
def test_the_body_is_the_cloud_event_that_the_contract_shows(name: str) -> None:
    sent, shown = json.loads(structured(stored_event(find(name)))), stored_example(find(name))
    assert {key: sent[key] for key in shown if key != "time"} == {
        k: v for k, v in shown.items() if k != "time"
    }
    assert sent["specversion"] == "1.0"
    assert set(sent) - set(shown) <= {"partitionkey", "dataschema"}


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_any_success_is_a_delivery(hook: Receiver, status: int) -> None:
    hook.answer = lambda _one, _nth: status
    assert post(hook.url).delivered


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(hook: Receiver, status: int) -> None:
    with receiver() as other:
        hook.answer, hook.location = (lambda _one, _nth: status), other.url
        outcome = post(hook.url)
        assert (outcome.status, outcome.delivered) == (status, False)
        assert (len(hook.received), other.received) == (1, [])


def test_a_private_address_and_http_are_refused_unless_allowed(hook: Receiver) -> None:
    assert "not a public address" in str(post(hook.url, allow_private=False).error)
    assert "https://" in str(post(hook.url, allow_http=False).error)
    assert not hook.received


def test_what_is_connected_to_is_the_address_that_was_checked(
    hook: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, real = [], socket.getaddrinfo

    def rebinding(host: str, port: int, *arguments: Any, **more: Any) -> Any:
        if host != "rebind.example":
            return real(host, port, *arguments, **more)
        asked.append(host)  # another answer each time
        return real(f"127.0.0.{len(asked)}", port, *arguments, **more)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    assert post(hook.url.replace("localhost", "rebind.example")).delivered
    assert asked == ["rebind.example"]
    assert hook.received[0].headers["host"].startswith("rebind.example:")


def test_a_name_with_one_private_address_among_public_ones_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    addresses = ["93.184.216.34", "10.0.0.1"]
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda *_a, **_m: [(2, 1, 6, "", (one, 443)) for one in addresses]
    )
    assert "10.0.0.1" in str(post("https://two.example/", allow_private=False).error)


def test_nobody_there_is_an_outcome_and_no_crash() -> None:
    assert "ConnectionRefusedError" in str(post("http://127.0.0.1:1/").error)
    assert "gaierror" in str(post("https://no-such-host.invalid/").error)


# Servers that misbehave


@contextmanager
def raw_server(behave: Any) -> Iterator[str]:
    """A server that does what `behave` does with a connection, in a thread for each."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=handle, args=(connection,), daemon=True).start()

    def handle(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            behave(connection)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def answering(content: bytes) -> Any:
    """Waits for the whole request and answers with these bytes."""

    def behave(connection: socket.socket) -> None:
        read = b""
        while not read.endswith(b"}"):
            read += connection.recv(4096)
        connection.sendall(content)

    return behave


def silent(connection: socket.socket) -> None:
    while connection.recv(4096):
        pass


def dripping(connection: socket.socket) -> None:
    """A line now and then, so that no single wait is long."""
    connection.recv(4096)
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    for _ in range(1000):
        connection.sendall(b"x-drip: y\r\n")
        time.sleep(0.05)


def endless(connection: socket.socket) -> None:
    connection.recv(4096)
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        connection.sendall(b"x" * 65536)


@pytest.mark.parametrize(
    ("scheme", "behave"), [("http", silent), ("http", dripping), ("https", silent)]
)
def test_a_server_that_takes_its_time_is_left(scheme: str, behave: Any) -> None:
    with raw_server(behave) as address:
        began = time.monotonic()
        outcome = post(f"{scheme}://{address}/", seconds=0.6)
    assert outcome == Outcome(error="TimeoutError: no answer within 0.6 s")
    assert time.monotonic() - began < 3


def test_a_body_without_end_is_not_read() -> None:
    with raw_server(endless) as address:
        assert post(f"http://{address}/") == Outcome(status=200)


def test_an_answer_that_is_no_http_is_an_outcome() -> None:
    with raw_server(answering(b"220 smtp ready\r\n")) as address:
        assert "BadStatusLine" in str(post(f"http://{address}/").error)
    with raw_server(answering(b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 1000)) as address:
        assert "more than 100 headers" in str(post(f"http://{address}/").error)


# TLS


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    """Makes certificates that are trusted."""

    def make(name: str) -> Path:
        path = certificate(tmp_path / f"{name}.pem", name)
        monkeypatch.setenv("SSL_CERT_FILE", str(path))
        sending._tls.cache_clear()
        return path

    yield make
    sending._tls.cache_clear()


def test_a_delivery_over_tls_is_made_to_the_right_name_only(trusted: Any) -> None:
    with receiver(trusted("localhost")) as hook:
        assert post(hook.url, allow_http=False) == Outcome(status=204)
        assert hook.received[0].verified(SECRET)
    with receiver(trusted("other.example")) as hook:
        assert "Hostname mismatch" in str(post(hook.url, allow_http=False).error)
        assert not hook.received


def test_a_certificate_that_nobody_trusts_is_refused(tmp_path: Path) -> None:
    with receiver(certificate(tmp_path / "own.pem", "localhost")) as hook:
        assert "CERTIFICATE_VERIFY_FAILED" in str(post(hook.url).error)
        assert not hook.received


def test_two_events_never_have_the_same_body() -> None:
    assert structured(closed(case_id=uuid4())) != structured(closed(case_id=uuid4()))


def test_the_time_for_a_connection_is_that_of_all_addresses_together() -> None:
    with socket.create_server(("127.0.0.1", 0)) as there:
        port = there.getsockname()[1]
        late = _Connection("city.example", port, ["127.0.0.1", "127.0.0.1"], tls=False, seconds=0)
        with pytest.raises(TimeoutError, match="no connection to"):
            late.connect()
        prompt = _Connection("city.example", port, ["127.0.0.1"], tls=False, seconds=10)
        prompt.connect()
        prompt.close()
