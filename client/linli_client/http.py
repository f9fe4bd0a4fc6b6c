"""A small HTTP client of the services: knows their addresses, signs its own tokens, waits while one
is away.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
from linli.base.context import Context
from linli.base.errors import ServiceUnavailable, ServiceProblem
from linli.base.i18n import language, t
from linli.base.tokens import sign

AWAY = frozenset({429, 502, 503, 504})
AWAY_ERRORS = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)
LONGEST_PAUSE_SECONDS = 3.0
TOKEN_HOURS = 1.0
Waiting = Callable[[str, str, float], None]


@dataclass(frozen=True)
class Caller:
    """Who a call is made as. `region` None is the whole district."""

    role: str
    region: str | None = None
    unit: str | None = None
    account: str = "linli-command"


ADMIN = Caller("admin")
PUBLIC = None


class Client:
    """Calls the services of one platform. Safe to share between threads: each has its own
    connection.

    Args:
        patience_seconds: how long a call tries again while the service is away (refused, 502, 503,
            504, 429).
        waiting: told (service, reason, seconds of patience left) before each pause.
    """

    def __init__(
        self, context: Context, *, patience_seconds: float = 0.0, waiting: Waiting | None = None
    ) -> None:
        self.context = context
        self.patience_seconds = patience_seconds
        self.waiting = waiting
        self._local = threading.local()
        self._tokens: dict[Caller, tuple[str, float]] = {}

    def get(self, service: str, path: str, *, caller: Caller | None = ADMIN, **params: Any) -> Any:
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
            page = self.get(service, path, caller=caller, limit=500, **params, **cursor)
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
        """RequestContext `/api/<service>/v1<path>` and give back its JSON (None for an empty answer).

        Raises:
            ServiceProblem: the service refused.
            ServiceUnavailable: it did not answer for as long as there was patience.
        """
        url = f"{self.context.url_of(service)}/api/{service}/v1{path}"
        everything = {"Accept-Language": language(), **(headers or {})}
        if caller is not None:
            everything["Authorization"] = f"Bearer {self._token(caller)}"
        known = {name: value for name, value in (params or {}).items() if value is not None}

        def send() -> requests.Response:
            return self._session(url).request(
                method, url, json=body, params=known, headers=everything, timeout=(5, 60)
            )

        answer = self._patiently(service, url, send)
        if answer.ok:
            return answer.json() if answer.content else None
        raise problem_of(service, answer)

    def _patiently(
        self, service: str, url: str, send: Callable[[], requests.Response]
    ) -> requests.Response:
        pause, deadline = 0.1, 0.0
        while True:
            try:
                answer = send()
                if answer.status_code not in AWAY:
                    return answer
                reason = f"HTTP {answer.status_code}"
            except AWAY_ERRORS as error:
                reason = type(error).__name__
            now = time.monotonic()
            deadline = deadline or now + self.patience_seconds
            if now + pause > deadline:
                raise _away(service, url, reason, self.patience_seconds)
            if self.waiting:
                self.waiting(service, reason, deadline - now)
            time.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    def _session(self, url: str) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = requests.Session()
            # A proxy of the environment cannot know what listens on this very machine.
            session.trust_env = urlsplit(url).hostname not in ("127.0.0.1", "localhost", "::1")
        return session

    def _token(self, caller: Caller) -> str:
        token, until = self._tokens.get(caller, ("", 0.0))
        if time.time() > until:
            token = sign(
                self.context.need("jwt_secret"),
                role=caller.role,
                region=caller.region or self.context.need("district"),
                unit=caller.unit,
                account=caller.account,
                hours=TOKEN_HOURS,
            )
            self._tokens[caller] = (token, time.time() + TOKEN_HOURS * 3000)
        return token


def problem_of(service: str, answer: requests.Response) -> ServiceProblem:
    """Read an RFC 9457 answer, or any other refusal, into a problem with what a person should know."""
    try:
        problem = answer.json()
    except ValueError:
        problem = {}
    if not isinstance(problem, dict):
        problem = {}
    detail = problem.get("detail") or problem.get("title") or answer.reason or ""
    message = t(
        "{service} answered {status}: {detail}",
        service=service,
        status=answer.status_code,
        detail=detail,
    )
    errors = [problem, *(problem.get("errors") or [])]
    pointed = [
        f"{error['pointer']}: {error.get('detail', '')}" for error in errors if error.get("pointer")
    ]
    hint = "; ".join(pointed)
    if answer.status_code == 401:
        hint = t("The token was not taken. Is LINLI_JWT_SECRET the one the services use?")
    return ServiceProblem(answer.status_code, problem, message, hint)


def _away(service: str, url: str, reason: str, patience_seconds: float) -> ServiceUnavailable:
    parts = urlsplit(url)
    return ServiceUnavailable(
        t(
            "{service} at {address} does not answer ({reason}); waited {seconds} s.",
            service=service,
            address=f"{parts.scheme}://{parts.netloc}",
            reason=reason,
            seconds=round(patience_seconds),
        ),
        t(
            "Is the platform running? Start it with `linli up`, or give its address with --url or LINLI_URL."
        ),
    )
