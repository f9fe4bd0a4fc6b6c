"""What every service answers besides its own routes: health, readiness, metrics and the
documentation of its API.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from werkzeug.routing import Rule
from werkzeug.wrappers import Request, Response

from linli_chassis.http.docs import docs_page
from linli_chassis.http.pipeline import json_response, to_json
from linli_chassis.observability import metrics
from linli_chassis.observability.health import Readiness

_HTML_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
)


@dataclass(frozen=True)
class _Page:
    give: Callable[[str], Response]

    def answer(
        self, _request: Request, _path: dict[str, Any], locale: str, _correlation_id: str
    ) -> Response:
        return self.give(locale)


@dataclass
class BuiltIn:
    """The built-in pages of one service. `service` is its nameko class."""

    service: Any
    runtime: Any
    _document: dict[str, Any] | None = field(default=None, init=False)
    _pages: dict[str, str] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self._readiness = Readiness(self.runtime)

    def rules(self) -> Iterator[Rule]:
        """Their rules, each with its endpoint."""
        base = f"/api/{self.service.name}"
        pages = {
            "/healthz": self._health,
            "/readyz": self._ready,
            "/metrics": self._metrics,
            f"{base}/openapi.json": self._openapi,
            f"{base}/docs": self._docs,
        }
        for path, give in pages.items():
            yield Rule(path, methods=["GET"], endpoint=_Page(give))

    def _health(self, _locale: str) -> Response:
        # That this is answered at all is the news: the event loop turns.
        return json_response(to_json({"status": "ok", "service": self.service.name}), 200)

    def _ready(self, _locale: str) -> Response:
        state = self._readiness.check()
        return json_response(
            to_json({"service": self.service.name, **state.document}), 200 if state.ready else 503
        )

    def _metrics(self, _locale: str) -> Response:
        return Response(metrics.exposition(), content_type=metrics.CONTENT_TYPE)

    def _openapi(self, _locale: str) -> Response:
        return json_response(to_json(self.document), 200)

    def _docs(self, locale: str) -> Response:
        if locale not in self._pages:
            self._pages[locale] = docs_page(self.document, locale)
        headers = {
            "Content-Security-Policy": _HTML_POLICY,
            "Content-Language": locale,
            "Vary": "Accept-Language",
        }
        return Response(
            self._pages[locale], headers=headers, content_type="text/html; charset=utf-8"
        )

    @property
    def document(self) -> dict[str, Any]:
        """The OpenAPI document, made when first asked for."""
        if self._document is None:
            from linli_chassis.http.openapi import openapi_of  # it takes 2 MB, and few ask

            self._document = openapi_of(self.service)
        return self._document
