"""A small HTTP client of the services: knows their addresses, and tries again while one is away."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
from linli_kernel.backoff import Backoff

from linli_client.errors import ServiceProblem, ServiceUnavailable
from linli_client.tokens import ADMIN, PUBLIC, Caller

__all__ = ["ADMIN", "PUBLIC", "Caller", "Client", "OnRetry"]

UNAVAILABLE = frozenset({429, 502, 503, 504})
UNAVAILABLE_ERRORS = (
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ChunkedEncodingError,
)
TIMEOUT_SECONDS = (5, 60)  # to connect, to read
RETRY_SECONDS = (0.1, 0.2, 0.4, 0.8, 1.6, 3.0)
PAGE_SIZE = 500
OnRetry = Callable[[str, str, float], None]


class Client:
    """Calls the services of one district. Threads may share it: each has its own connection.

    Args:
        url: the one address of all services, or a function from a service's name to its address.
        token: a bearer token, or a function from a caller to one, such as a `TokenSigner`.
        language: of answers and refusals: zh or en.
        patience_seconds: how long a call is tried again while the service is away (refused, 502,
            503, 504, 429).
        on_retry: called before each pause with the service, the reason, and the seconds of patience
            left.
    """

    def __init__(
        self,
        url: str | Callable[[str], str],
        token: str | Callable[[Caller], str],
        *,
        language: str = "en",
        patience_seconds: float = 0.0,
        on_retry: OnRetry | None = None,
    ) -> None:
        self._url, self._token = url, token
        self.language = language
        self.patience_seconds = patience_seconds
        self.on_retry = on_retry
        self._local = threading.local()

    def get(self, service: str, path: str, *, caller: Caller | None = ADMIN, **params: Any) -> Any:
        """The JSON of a GET; parameters that are None are left out."""
        return self.call("GET", service, path, caller=caller, params=params)

    def post(
        self,
        service: str,
        path: str,
        body: Any,
        *,
        caller: Caller | None = ADMIN,
        key: str | None = None,
    ) -> Any:
        """POST `body` as JSON. With `key` (Idempotency-Key) a repeated call has its effect once."""
        headers = {"Idempotency-Key": key} if key else {}
        return self.call("POST", service, path, caller=caller, body=body, headers=headers)

    def pages(
        self, service: str, path: str, *, caller: Caller | None = ADMIN, **params: Any
    ) -> Iterator[Any]:
        """Every item of a paged list."""
        cursor: dict[str, Any] = {}
        while True:
            page = self.get(service, path, caller=caller, limit=PAGE_SIZE, **params, **cursor)
            yield from page["items"]
            if not page.get("next"):
                return
            cursor = {"cursor": page["next"]}

    def call(
        self,
        method: str,
        service: str,
        path: str,
        *,
        caller: Caller | None = ADMIN,
        body: Any = None,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """Call `/api/<service>/v1<path>`; the JSON of the response, None for an empty one.

        Raises:
            ServiceProblem: the service refused.
            ServiceUnavailable: it did not answer for as long as there was patience.
        """
        url = f"{self._base_url(service)}/api/{service}/v1{path}"
        sent_headers = {"Accept-Language": self.language, **(headers or {})}
        if caller is not None:
            sent_headers["Authorization"] = f"Bearer {self._token_of(caller)}"
        query = {name: value for name, value in (params or {}).items() if value is not None}

        def send() -> requests.Response:
            return self._session(url).request(
                method, url, json=body, params=query, headers=sent_headers, timeout=TIMEOUT_SECONDS
            )

        response = self._with_patience(service, url, send)
        if response.ok:
            return response.json() if response.content else None
        raise problem_of(service, response)

    def _with_patience(
        self, service: str, url: str, send: Callable[[], requests.Response]
    ) -> requests.Response:
        deadline = 0.0
        backoff = Backoff(RETRY_SECONDS)
        while True:
            try:
                response = send()
                if response.status_code not in UNAVAILABLE:
                    return response
                reason = f"HTTP {response.status_code}"
            except UNAVAILABLE_ERRORS as error:
                reason = type(error).__name__
            now, pause = time.monotonic(), backoff.pause()
            deadline = deadline or now + self.patience_seconds
            if now + pause > deadline:
                break
            if self.on_retry:
                self.on_retry(service, reason, deadline - now)
            time.sleep(pause)
        parts = urlsplit(url)
        raise ServiceUnavailable(
            service=service,
            address=f"{parts.scheme}://{parts.netloc}",
            reason=reason,
            seconds=round(self.patience_seconds),
        )

    def _base_url(self, service: str) -> str:
        url = self._url if isinstance(self._url, str) else self._url(service)
        return url.rstrip("/")

    def _token_of(self, caller: Caller) -> str:
        return self._token if isinstance(self._token, str) else self._token(caller)

    def _session(self, url: str) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = requests.Session()
            # A proxy of the environment cannot know what listens on this very machine.
            session.trust_env = urlsplit(url).hostname not in ("127.0.0.1", "localhost", "::1")
        return session


def problem_of(service: str, response: requests.Response) -> ServiceProblem:
    """Any refusal as a problem, also one that is no RFC 9457 document."""
    try:
        problem = response.json()
    except ValueError:
        problem = {}
    if not isinstance(problem, dict):
        problem = {}
    return ServiceProblem(service, response.status_code, problem, response.reason or "")
