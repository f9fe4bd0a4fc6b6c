"""Traces by OpenTelemetry where that is installed and told where to send them; else traceparents
are only handed on.

A request's span is the parent of the events that its transaction tells; an event carries the span
it was told by, and the span of handling it is the parent of what the handler tells. An event that
nothing led to, such as one that a timer tells, continues the trace of its aggregate's event before.
So one trace leads from a request to everything that came of it, through all services. What stands
in spans: routes, types and ids, never a path or an error's words.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from typing import Any

import structlog
from linli_contracts.envelope import Event

log = structlog.get_logger(__name__)

SEND_SECONDS = 5.0
_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_HOW = "pip install 'linli-chassis[tracing]'"

_current: ContextVar[str | None] = ContextVar("traceparent", default=None)
_tracers: dict[str, Any] = {}
_processors: list[Any] = []  # one for all services of the process, so that it is waited for once


def configure(service: str, environ: Mapping[str, str] = os.environ) -> None:
    """Trace what `service` does in this process, if the environment asks for it in OpenTelemetry's
    own variables.

    OTEL_EXPORTER_OTLP_ENDPOINT, e.g. http://collector:4318, or OTEL_TRACES_EXPORTER=console ask for
    traces.
    """
    exporter = environ.get("OTEL_TRACES_EXPORTER") or (
        "otlp" if any(map(environ.get, _ENDPOINTS)) else "none"
    )
    if exporter == "none" or environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return
    try:
        _tracers[service] = _provider(service, exporter).get_tracer("linli")
    except ModuleNotFoundError as error:
        log.warning(
            "traces are asked for and OpenTelemetry is not installed", missing=error.name, how=_HOW
        )


def shutdown() -> None:
    """Send what has not been sent; gives up after some seconds."""
    _tracers.clear()
    while _processors:
        _processors.pop().shutdown()


def current() -> str | None:
    """The traceparent of what is being done now."""
    return _current.get()


@contextmanager
def continued(traceparent: str | None) -> Iterator[None]:
    """Do something as a part of what `traceparent` names. Each greenlet has a context of its own."""
    token = _current.set(traceparent)
    try:
        yield
    finally:
        _current.reset(token)


@contextmanager
def serving(
    service: str, method: str, path: str, traceparent: str | None
) -> Iterator[dict[str, Any]]:
    """The span of one HTTP request; the block puts `route`, `status` and `correlation_id` into what
    it is given.

    What is asked all the time by machines (/healthz, /readyz, /metrics) has no span.
    """
    told: dict[str, Any] = {}
    parent = traceparent if traceparent and _TRACEPARENT.fullmatch(traceparent) else None
    tracer = _tracers.get(service) if path.startswith("/api/") else None
    if tracer is None:
        with continued(parent):
            yield told
        return
    span = tracer.start_span(method, context=_context(parent), kind=_kind("SERVER"))
    try:
        with continued(_traceparent(span)):
            yield told
    finally:
        span.update_name(f"{method} {told.get('route', '')}".strip())
        _describe(
            span,
            {
                "http.request.method": method,
                "http.route": told.get("route"),
                "http.response.status_code": told.get("status"),
                "linli.correlation_id": told.get("correlation_id"),
            },
        )
        if told.get("status", 500) >= 500:
            _mark_failed(span)
        span.end()


@contextmanager
def handling(service: str, events: list[Event]) -> Iterator[list[Event]]:
    """A span for each event of a batch; gives the events with those as their traceparent, for what
    they lead to.
    """
    tracer = _tracers.get(service)
    if tracer is None:
        yield events
        return
    spans = [
        _described(
            tracer, f"process {event.type}", "CONSUMER", event, event.traceparent, len(events)
        )
        for event in events
    ]
    try:
        yield [
            replace(event, traceparent=_traceparent(span))
            for event, span in zip(events, spans, strict=True)
        ]
    except Exception:
        for span in spans:
            _mark_failed(span)
        raise
    finally:
        for span in spans:
            span.end()


def told_by(service: str, event: Event, aggregate: str | None) -> str | None:
    """The traceparent for an event to carry; `aggregate` is that of the event before it of the same
    aggregate.
    """
    parent = event.traceparent or aggregate
    tracer = _tracers.get(service)
    if tracer is None:
        return parent
    span = _described(tracer, f"create {event.type}", "PRODUCER", event, parent)
    span.end()
    return _traceparent(span)


@contextmanager
def bound_to(events: Sequence[Event]) -> Iterator[None]:
    """Let what the handler of one event does be part of its trace; a batch is part of none."""
    with continued(events[0].traceparent if len(events) == 1 else None):
        yield


def _described(
    tracer: Any, name: str, kind: str, event: Event, parent: str | None, batch: int | None = None
) -> Any:
    span = tracer.start_span(name, context=_context(parent), kind=_kind(kind))
    _describe(
        span,
        {
            "messaging.destination.name": event.type,
            "messaging.message.id": str(event.id),
            "messaging.batch.message_count": batch,
            "linli.subject": event.subject,
            "linli.sequence": event.sequence,
            "linli.correlation_id": event.correlation_id,
        },
    )
    return span


def _describe(span: Any, attributes: Mapping[str, Any]) -> None:
    span.set_attributes({name: value for name, value in attributes.items() if value is not None})


def _mark_failed(span: Any) -> None:
    from opentelemetry.trace import StatusCode

    span.set_status(StatusCode.ERROR)


def _kind(name: str) -> Any:
    from opentelemetry.trace import SpanKind

    return SpanKind[name]


def _context(traceparent: str | None) -> Any:
    from opentelemetry.context import Context
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    # A context of its own: without a parent a trace begins, whatever else runs in this thread.
    carrier = {"traceparent": traceparent} if traceparent else {}
    return TraceContextTextMapPropagator().extract(carrier, context=Context())


def _traceparent(span: Any) -> str:
    context = span.get_span_context()
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{int(context.trace_flags):02x}"


def _provider(service: str, exporter: str) -> Any:
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    resource = Resource.create(
        {"service.name": f"linli-{service.replace('_', '-')}", "service.namespace": "linli"}
    )
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    if not _processors:
        _processors.append(BatchSpanProcessor(_exporter(exporter)))
    provider.add_span_processor(_processors[0])
    return provider


def _exporter(name: str) -> Any:
    if name == "console":
        from opentelemetry.sdk.trace.export import ConsoleSpanExporter

        return ConsoleSpanExporter(formatter=lambda span: str(span.to_json(indent=None)) + "\n")
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    # A collector that is away may not hold up the end of a process for long.
    return OTLPSpanExporter(
        timeout=float(os.environ.get("OTEL_EXPORTER_OTLP_TIMEOUT") or SEND_SECONDS)
    )
