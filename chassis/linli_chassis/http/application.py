"""What surrounds the pipeline of a request: logs, language, trace, metrics, and problems."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any

import structlog
from linli_kernel.errors import DomainError
from uuid_utils.compat import uuid7
from werkzeug.wrappers import Request, Response

from linli_chassis.http.pipeline import Job, Pipeline
from linli_chassis.http.problems import Problem, domain_problem, problem_response
from linli_chassis.http.route_info import METHODS
from linli_chassis.i18n import current_locale, negotiate
from linli_chassis.observability import metrics, tracing

CLOSE_CONNECTION = "linli.close_connection"
"""Key of a WSGI environment: a function that closes the connection after the response."""

CORRELATION_HEADER = "X-Correlation-ID"
_CORRELATION = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_MEASURED_METHODS = frozenset({*METHODS, "HEAD", "OPTIONS"})

log = structlog.get_logger(__name__)


class Application:
    """The WSGI application of one service.

    Args:
        language: of responses, where the client asks for none we have.
        is_closing: whether connections are closed after the response.
        is_refusing: whether new requests are refused.
    """

    def __init__(
        self,
        service: str,
        pipeline: Pipeline,
        *,
        language: str,
        is_closing: Callable[[], bool],
        is_refusing: Callable[[], bool],
    ) -> None:
        self._service, self._pipeline, self._language = service, pipeline, language
        self._is_closing, self._is_refusing = is_closing, is_refusing

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        # Populated, the two would refer to each other, and wait for the garbage collector.
        response = self._respond(Request(environ, populate_request=False))
        # After 408 and 413 the rest of the body would have to be read before the next request.
        if response.status_code in (408, 413) or self._is_closing():
            environ.get(CLOSE_CONNECTION, lambda: None)()
        return response(environ, start_response)

    def _respond(self, request: Request) -> Response:
        began = perf_counter()
        sent_id = request.headers.get(CORRELATION_HEADER, "")
        job = Job(
            request,
            locale=negotiate(request.headers.get("Accept-Language"), self._language),
            correlation_id=sent_id if _CORRELATION.fullmatch(sent_id) else str(uuid7()),
        )
        parent = request.headers.get("traceparent")
        with (
            _bound_to(self._service, job),
            tracing.serving(self._service, request.method, request.path, parent) as span,
        ):
            response = self._response_or_problem(job)
            response.headers[CORRELATION_HEADER] = job.correlation_id
            response.headers["X-Content-Type-Options"] = "nosniff"
            # Responses may hold personal data; static files have a header of their own.
            response.headers.setdefault("Cache-Control", "no-store")
            status = response.status_code
            span.update(route=job.template, status=status, correlation_id=job.correlation_id)
            self._measure(job, status, perf_counter() - began)
        return response

    def _response_or_problem(self, job: Job) -> Response:
        try:
            if self._is_refusing():
                raise Problem(503, "stopping", "The service is stopping; try again.")
            return self._pipeline.respond(job)
        except Problem as refused:
            problem = refused
        except DomainError as refused:
            problem = domain_problem(refused)
        except Exception as error:
            log.exception("request failed", route=job.template, exc_info=error)
            problem = Problem(
                500,
                "internal-error",
                "Something went wrong here; give {id} when you ask about it.",
                id=job.correlation_id,
            )
        return problem_response(
            problem, job.locale, instance=job.request.path, correlation_id=job.correlation_id
        )

    def _measure(self, job: Job, status: int, seconds: float) -> None:
        route, method = job.template, job.request.method
        # Whatever else is sent as a method would be a series that stays.
        measured = method if method in _MEASURED_METHODS else "other"
        metrics.http_requests.labels(self._service, route, measured, status).inc()
        metrics.http_request_seconds.labels(self._service, route).observe(seconds)
        log.debug("answered", route=route, method=method, status=status, seconds=seconds)


@contextmanager
def _bound_to(service: str, job: Job) -> Iterator[None]:
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(service=service, correlation_id=job.correlation_id)
    token = current_locale.set(job.locale)
    try:
        yield
    finally:
        current_locale.reset(token)
        structlog.contextvars.clear_contextvars()
