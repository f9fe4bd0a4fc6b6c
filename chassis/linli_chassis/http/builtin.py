"""What every service answers besides its own routes: health, readiness, metrics and API pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from werkzeug.routing import Rule
from werkzeug.wrappers import Response

from linli_chassis.http import api_page
from linli_chassis.http.auth import Authenticator
from linli_chassis.http.openapi import openapi_of
from linli_chassis.http.pipeline import Job
from linli_chassis.http.responses import json_response, to_json
from linli_chassis.observability import metrics
from linli_chassis.observability.health import Readiness
from linli_chassis.observability.monitor import process_health

if TYPE_CHECKING:
    from linli_chassis.process.runtime import Runtime


@dataclass(frozen=True)
class _Page:
    render: Callable[[Job], Response]

    def respond(self, job: Job, _authenticator: Authenticator) -> Response:
        return self.render(job)


class BuiltIn:
    """The built-in pages of one service, given its nameko class."""

    def __init__(self, service: Any, runtime: Runtime) -> None:
        self._service = service
        self._readiness = Readiness(runtime)

    def rules(self) -> Iterator[Rule]:
        """Their rules, each with its endpoint."""
        base = f"/api/{self._service.name}"
        pages = {
            "/healthz": self._health,
            "/readyz": self._ready,
            "/metrics": self._metrics,
            f"{base}/openapi.json": self._openapi,
            f"{base}/docs": self._api_page,
            f"{base}/docs/openapi.json": self._translated_openapi,
            f"{base}/docs/<file>": self._api_page_file,
        }
        for path, render in pages.items():
            yield Rule(path, methods=["GET"], endpoint=_Page(render))

    def _health(self, _job: Job) -> Response:
        # A response at all shows that the event loop turns.
        status, document = process_health(self._service.name)
        return json_response(to_json(document), status)

    def _ready(self, _job: Job) -> Response:
        state = self._readiness.check()
        document = {"service": self._service.name, **state.document}
        return json_response(to_json(document), 200 if state.ready else 503)

    def _metrics(self, _job: Job) -> Response:
        return Response(metrics.exposition(), content_type=metrics.CONTENT_TYPE)

    def _openapi(self, _job: Job) -> Response:
        return json_response(to_json(self.document))

    def _translated_openapi(self, job: Job) -> Response:
        return api_page.document_response(self.document, job.locale)

    def _api_page(self, job: Job) -> Response:
        return api_page.page_response(self.document, f"/api/{self._service.name}/docs", job.locale)

    def _api_page_file(self, job: Job) -> Response:
        return api_page.file_response(job.path["file"])

    @cached_property
    def document(self) -> dict[str, Any]:
        """The OpenAPI document, made when first asked for."""
        return openapi_of(self._service)
