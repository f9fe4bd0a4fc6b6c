"""The client against a server that fails in ways a real service fails for moments only."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest
from linli_client import Caller, Client, ServiceProblem, ServiceUnavailable, TokenSigner


class Answers(BaseHTTPRequestHandler):
    """Answers from a list, the last one for ever; 0 closes the connection without an answer."""

    script: ClassVar[list[tuple[int, Any]]] = []
    seen: ClassVar[list[dict[str, str]]] = []

    def do_GET(self) -> None:
        status, body = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        self.seen.append({"path": self.path, **dict(self.headers)})
        if status == 0:
            self.close_connection = True
            return
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_POST = do_GET  # noqa: N815

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[Any]:
    """Starts a server with a script; gives a client for it."""
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=httpd.serve_forever, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{httpd.server_port}"
    token = TokenSigner("a-secret-of-at-least-thirty-two-bytes", "110101")

    def scripted(*script: tuple[int, Any], patience: float = 5.0) -> Client:
        Answers.script, Answers.seen = list(script), []
        return Client(url, token, language="zh", patience_seconds=patience)

    yield scripted
    httpd.shutdown()
    httpd.server_close()
    thread.join()


def test_a_service_that_is_away_for_a_moment_is_tried_again(server: Any) -> None:
    client = server((503, {}), (0, None), (429, {}), (200, {"ok": True}))
    paused: list[str] = []
    client.on_retry = lambda _service, reason, _left: paused.append(reason)
    assert client.get("grid", "/grids") == {"ok": True}
    assert paused == ["HTTP 503", "ConnectionError", "HTTP 429"]


def test_patience_ends(server: Any) -> None:
    client = server((503, {}), patience=0.3)
    with pytest.raises(ServiceUnavailable, match=r"does not answer \(HTTP 503\)"):
        client.get("grid", "/grids")


def test_a_problem_is_reported_with_its_pointers_and_not_tried_again(server: Any) -> None:
    errors = [{"pointer": "/name", "detail": "is empty"}]
    client = server(
        (422, {"title": "Bad", "detail": "Not as it should be.", "errors": errors}), (200, {})
    )
    with pytest.raises(ServiceProblem) as problem:
        client.post("grid", "/grids", {})
    assert problem.value.status == 422
    assert str(problem.value) == "grid answered 422: Not as it should be."
    assert problem.value.pointers == ("/name: is empty",)
    assert len(Answers.seen) == 1


def test_a_refusal_that_is_no_problem_document_is_reported_too(server: Any) -> None:
    with pytest.raises(ServiceProblem, match="grid answered 500"):
        server((500, ["x"])).get("grid", "/grids")


def test_all_pages_are_read(server: Any) -> None:
    client = server((200, {"items": [1, 2], "next": "abc"}), (200, {"items": [3], "next": None}))
    assert list(client.pages("grid", "/grids")) == [1, 2, 3]
    assert "cursor=abc" in Answers.seen[1]["path"]


def test_a_call_carries_a_token_a_language_and_its_key(server: Any) -> None:
    client = server((200, {}))
    client.post("grid", "/requests", {}, caller=Caller("resident"), key="k1")
    assert Answers.seen[0]["Authorization"].startswith("Bearer ")
    assert Answers.seen[0]["Accept-Language"] == "zh"
    assert Answers.seen[0]["Idempotency-Key"] == "k1"


def test_a_token_of_an_identity_provider_is_sent_as_it_is(server: Any) -> None:
    url = server((200, {}))._url
    Client(url + "/", "a.signed.token").get("grid", "/grids")
    assert Answers.seen[0]["Authorization"] == "Bearer a.signed.token"
    assert Answers.seen[0]["path"] == "/api/grid/v1/grids"


def test_each_service_may_have_an_address_of_its_own(server: Any) -> None:
    urls = {"grid": server((200, {}))._url}
    Client(urls.__getitem__, "a.signed.token").get("grid", "/grids")
    assert Answers.seen[0]["path"] == "/api/grid/v1/grids"
