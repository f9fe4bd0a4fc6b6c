"""Traces by OpenTelemetry. Without its SDK and an exporter, traceparents are only handed on.

A request's span is the parent of the events that its transaction emits; an event carries the span
it was emitted in, and the span of handling it is the parent of what the handler emits. An event
without a cause, such as one that a timer emits, continues the trace of its aggregate's event
before. So one trace leads from a request to everything that came of it, through all services. What
stands in spans: routes, types and ids, never a path or the text of an error.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import structlog
from linli_contracts.envelope import Event
from opentelemetry import context as otel_context
from opentelemetry.context import Context
from opentelemetry.trace import NoOpTracer, Span, SpanKind, StatusCode, Tracer, use_span
from opentelemetry.trace import get_current_span as current_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter

log = structlog.get_logger(__name__)

SEND_SECONDS = 5.0
_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_HOW = "pip install 'linli-chassis[tracing]'"

_propagator = TraceContextTextMapPropagator()
_untraced = NoOpTracer()
_tracers: dict[str, Tracer] = {}  # by service, for several may share a process
_processors: list[SpanProcessor] = []  # one for all of them, so that it is waited for once


def configure(service: str, environ: Mapping[str, str] = os.environ) -> None:
    """Trace `service` in this process, if the environment asks for it.

    OTEL_EXPORTER_OTLP_ENDPOINT, e.g. http://collector:4318, or OTEL_TRACES_EXPORTER=console do.
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
    """The traceparent of the current span."""
    return _traceparent(current_span())


@contextmanager
def continued(traceparent: str | None) -> Iterator[None]:
    """Continue the trace that `traceparent` names, or none. Each greenlet begins without one."""
    token = otel_context.attach(_context(traceparent))
    try:
        yield
    finally:
        otel_context.detach(token)


@contextmanager
def serving(
    service: str, method: str, path: str, traceparent: str | None
) -> Iterator[dict[str, Any]]:
    """The span of one HTTP request; the block sets `route`, `status` and `correlation_id`.

    Requests that machines repeat all the time (/healthz, /readyz, /metrics) have no span.
    """
    attributes: dict[str, Any] = {}
    tracer = _tracer(service) if path.startswith("/api/") else _untraced
    if tracer is _untraced:
        with continued(traceparent):
            yield attributes
        return
    span = tracer.start_span(method, context=_context(traceparent), kind=SpanKind.SERVER)
    with use_span(span, end_on_exit=True, record_exception=False, set_status_on_exception=False):
        try:
            yield attributes
        finally:
            route, status = attributes.get("route", ""), attributes.get("status", 500)
            span.update_name(f"{method} {route}".strip())
            _set_attributes(
                span,
                {
                    "http.request.method": method,
                    "http.route": attributes.get("route"),
                    "http.response.status_code": attributes.get("status"),
                    "linli.correlation_id": attributes.get("correlation_id"),
                },
            )
            if status >= 500:
                span.set_status(StatusCode.ERROR)


@contextmanager
def handling(service: str, events: list[Event]) -> Iterator[list[Event]]:
    """A span for each event of a batch; yields the events with these as their traceparents."""
    tracer = _tracer(service)
    if tracer is _untraced:
        yield events
        return
    size = len(events)
    spans = [
        _event_span(tracer, f"process {event.type}", SpanKind.CONSUMER, event, event.traceparent)
        for event in events
    ]
    try:
        for span in spans:
            span.set_attribute("messaging.batch.message_count", size)
        yield [
            replace(event, traceparent=_traceparent(span))
            for event, span in zip(events, spans, strict=True)
        ]
    except Exception:
        for span in spans:
            span.set_status(StatusCode.ERROR)
        raise
    finally:
        for span in spans:
            span.end()


def emitted_by(service: str, event: Event, aggregate: str | None) -> str | None:
    """The traceparent for an event to carry.

    Args:
        aggregate: the traceparent of the event before it of the same aggregate.
    """
    parent = event.traceparent or aggregate
    tracer = _tracer(service)
    if tracer is _untraced:
        return parent
    span = _event_span(tracer, f"create {event.type}", SpanKind.PRODUCER, event, parent)
    span.end()
    return _traceparent(span)


@contextmanager
def bound_to(events: Sequence[Event]) -> Iterator[None]:
    """Continue the trace of a single event in its handler; a batch belongs to none."""
    with continued(events[0].traceparent if len(events) == 1 else None):
        yield


def _tracer(service: str) -> Tracer:
    return _tracers.get(service, _untraced)


def _event_span(
    tracer: Tracer, name: str, kind: SpanKind, event: Event, parent: str | None
) -> Span:
    span = tracer.start_span(name, context=_context(parent), kind=kind)
    _set_attributes(
        span,
        {
            "messaging.destination.name": event.type,
            "messaging.message.id": str(event.id),
            "linli.subject": event.subject,
            "linli.sequence": event.sequence,
            "linli.correlation_id": event.correlation_id,
        },
    )
    return span


def _set_attributes(span: Span, attributes: Mapping[str, Any]) -> None:
    span.set_attributes({name: value for name, value in attributes.items() if value is not None})


def _context(traceparent: str | None) -> Context:
    # From an empty one: without a parent a trace begins, whatever else runs in this thread.
    carrier = {"traceparent": traceparent} if traceparent else {}
    return _propagator.extract(carrier, context=Context())


def _traceparent(span: Span) -> str | None:
    context = span.get_span_context()
    if not context.is_valid:
        return None
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{int(context.trace_flags):02x}"


def _provider(service: str, exporter: str) -> TracerProvider:
    # The SDK is an extra of the package.
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


def _exporter(name: str) -> SpanExporter:
    if name == "console":
        from opentelemetry.sdk.trace.export import ConsoleSpanExporter

        return ConsoleSpanExporter(formatter=lambda span: str(span.to_json(indent=None)) + "\n")
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    # A collector that cannot be reached may not hold up the end of a process for long.
    return OTLPSpanExporter(
        timeout=float(os.environ.get("OTEL_EXPORTER_OTLP_TIMEOUT") or SEND_SECONDS)
    )
