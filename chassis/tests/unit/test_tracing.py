from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from linli_chassis.observability import tracing
from linli_contracts.envelope import Event
from linli_contracts.events.grid.requests import RequestRejected
from linli_devkit.contracts.examples import example_event
from structlog.testing import capture_logs

PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
OTHER = "00-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-bbbbbbbbbbbbbbbb-01"


@pytest.fixture(autouse=True)
def _off() -> Iterator[None]:
    yield
    tracing.shutdown()


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The spans that end, once the grid is traced."""
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    exporter = InMemorySpanExporter()
    monkeypatch.setattr("opentelemetry.sdk.trace.export.BatchSpanProcessor", SimpleSpanProcessor)
    monkeypatch.setattr(tracing, "_exporter", lambda _name: exporter)
    tracing.configure("grid", {"OTEL_TRACES_EXPORTER": "otlp"})

    class Ended(list[Any]):
        def __iter__(self) -> Iterator[Any]:
            return iter(exporter.get_finished_spans())

    return Ended()


def event(traceparent: str | None = None) -> Event:
    return replace(example_event(RequestRejected), traceparent=traceparent)


def test_nothing_is_traced_unless_it_is_asked_for() -> None:
    for environ in ({}, {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_SDK_DISABLED": "true"}):
        tracing.configure("grid", environ)
        with tracing.serving("grid", "GET", "/api/grid/v1/grids", None):
            assert tracing.current() is None


def test_where_it_is_not_installed_that_is_logged_and_work_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.resources", None)
    with capture_logs() as log_lines:
        tracing.configure("grid", {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"})
    assert [line["log_level"] for line in log_lines] == ["warning"]
    assert "linli-chassis[tracing]" in log_lines[0]["how"]
    with tracing.serving("grid", "POST", "/api/grid/v1/requests", PARENT):
        assert tracing.emitted_by("grid", event(tracing.current()), None) == PARENT


def test_without_spans_the_trace_of_a_client_is_handed_on_all_the_same() -> None:
    with tracing.serving("grid", "POST", "/api/grid/v1/requests", PARENT):
        assert tracing.current() == PARENT
    assert tracing.current() is None
    events = [event(PARENT)]
    with tracing.handling("grid", events) as traced:
        assert traced == events


@pytest.mark.parametrize(
    "header",
    [
        "",
        "nonsense",
        PARENT + "-x",
        PARENT.replace("4bf92f3577b34da6a3ce929d0e0e4736", "0" * 32),
        "\r\nX: y",
    ],
)
def test_a_traceparent_that_is_none_is_not_believed(header: str) -> None:
    with tracing.serving("grid", "POST", "/api/grid/v1/requests", header):
        assert tracing.current() is None


def test_a_request_is_a_span_below_that_of_its_client(spans: list[Any]) -> None:
    with tracing.serving("grid", "POST", "/api/grid/v1/requests", PARENT) as attributes:
        inside = tracing.current()
        attributes.update(route="/api/grid/v1/requests", status=201, correlation_id="c")
    [span] = spans
    assert span.name == "POST /api/grid/v1/requests"
    assert (f"{span.context.trace_id:032x}", f"{span.parent.span_id:016x}") == tuple(
        PARENT.split("-")[1:3]
    )
    assert inside is not None
    assert inside.split("-")[2] == f"{span.context.span_id:016x}"
    assert span.resource.attributes["service.name"] == "linli-grid"
    assert span.status.is_ok


@pytest.mark.parametrize(("status", "fine"), [(201, True), (422, True), (500, False), (503, False)])
def test_an_error_of_ours_is_a_failed_span_and_one_of_the_client_is_not(
    spans: list[Any], status: int, fine: bool
) -> None:
    with tracing.serving("grid", "POST", "/api/grid/v1/requests", None) as attributes:
        attributes.update(route="/api/grid/v1/requests", status=status)
    assert [span.status.is_ok for span in spans] == [fine]


def test_each_event_of_a_batch_goes_on_in_its_own_trace(spans: list[Any]) -> None:
    with tracing.handling("grid", [event(PARENT), event(OTHER), event()]) as traced:
        traces = [one.traceparent.split("-")[1] for one in traced if one.traceparent]
    assert traces[:2] == [PARENT.split("-")[1], OTHER.split("-")[1]]
    assert len(set(traces)) == 3
    assert [span.attributes["messaging.batch.message_count"] for span in spans] == [3, 3, 3]


def test_a_handler_that_fails_leaves_failed_spans_without_its_words(spans: list[Any]) -> None:
    with pytest.raises(ValueError, match="13987654321"), tracing.handling("grid", [event(PARENT)]):
        raise ValueError("13987654321")
    [span] = spans
    assert not span.status.is_ok
    assert "13987654321" not in span.to_json()


def test_an_event_that_nothing_led_to_continues_the_trace_of_its_aggregate(
    spans: list[Any],
) -> None:
    traceparent = tracing.emitted_by("grid", event(), OTHER)
    assert traceparent is not None
    assert traceparent.split("-")[1] == OTHER.split("-")[1]
    led = tracing.emitted_by("grid", event(PARENT), OTHER)
    assert led is not None
    assert led.split("-")[1] == PARENT.split("-")[1]
    assert [span.kind.name for span in spans] == ["PRODUCER", "PRODUCER"]
