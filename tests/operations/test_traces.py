from __future__ import annotations

import socket
import tempfile
from pathlib import Path

import pytest
from linli_devkit.platforms import embedded_platform
from linli_devkit.processes import eventually

from .collector import Span
from .conftest import PHONE, TRACE, WORD, Story, Watched

EVENTS = [
    "grid.request_registered",
    "grid.request_verified",
    "service_desk.case_opened",
    "service_desk.case_dispatched",  # by a timer: no request and no event led to it
    "service_desk.case_accepted",
    "service_desk.case_resolved",
    "service_desk.case_closed",
    "service_desk.case_rated",
]


@pytest.fixture(scope="module")
def trace(watched: Watched, story: Story) -> list[Span]:
    """All spans of the story, once that of the last event in evaluation has been sent."""

    def arrived() -> bool:
        names = {span.name for span in watched.collector.of(TRACE)}
        return (
            f"process linli.{EVENTS[-1]}.v1" in names
            and "POST /api/service_desk/v1/feedback" in names
        )

    eventually(arrived, seconds=30)
    return watched.collector.of(TRACE)


def test_one_trace_leads_from_the_post_to_the_fact_in_evaluation(
    trace: list[Span], story: Story
) -> None:
    assert story.fact["status"] == "closed"
    created = {span.name for span in trace if span.kind == "SPAN_KIND_PRODUCER"}
    assert created == {f"create linli.{fact}.v1" for fact in EVENTS}
    known = {span.name for span in trace if span.service == "linli-evaluation"}
    assert {f"process linli.{fact}.v1" for fact in EVENTS} <= known
    assert {span.service for span in trace} == {
        "linli-grid",
        "linli-service-desk",
        "linli-evaluation",
    }


def test_what_led_to_an_event_is_its_parent(trace: list[Span]) -> None:
    by_id = {span.span_id: span for span in trace}

    def ancestors_of(span: Span) -> list[str]:
        return [
            span.name,
            *(ancestors_of(by_id[span.parent_id]) if span.parent_id in by_id else []),
        ]

    opened = next(
        span
        for span in trace
        if span.name == "process linli.service_desk.case_opened.v1"
        and span.service == "linli-evaluation"
    )
    assert ancestors_of(opened) == [
        "process linli.service_desk.case_opened.v1",
        "create linli.service_desk.case_opened.v1",
        "process linli.grid.request_verified.v1",
        "create linli.grid.request_verified.v1",
        "POST /api/grid/v1/requests/<uuid:request_id>/verify",
    ]


def test_every_span_of_an_event_names_the_request_it_is_about(
    trace: list[Span], story: Story
) -> None:
    spans = [span for span in trace if span.kind != "SPAN_KIND_SERVER"]
    assert {span.attributes["linli.correlation_id"] for span in spans} == {story.asked.request_id}


def test_no_word_of_a_resident_is_in_any_span(
    watched: Watched, trace: list[Span], story: Story
) -> None:
    assert trace
    raw_spans = "\n".join(span.raw for span in watched.collector.spans)
    for secret in (PHONE, WORD, "欧阳", story.asked.tracking_code):
        assert secret not in raw_spans


def test_being_asked_for_health_and_metrics_leaves_no_spans(
    watched: Watched, trace: list[Span]
) -> None:
    watched.scrapes()
    routes = {span.attributes.get("http.route", "") for span in watched.collector.spans}
    assert not routes & {"/metrics", "/healthz", "/readyz"}
    assert trace


def test_a_request_that_says_no_trace_begins_one_of_its_own(watched: Watched) -> None:
    before = len(watched.collector.spans)
    watched.platform.get("organization", "/units")

    def sent() -> list[Span]:
        new = watched.collector.spans[before:]
        return [span for span in new if span.name == "GET /api/organization/v1/units"]

    (span,) = eventually(sent)
    assert not span.parent_id
    assert span.attributes["http.response.status_code"] == 200


def test_a_collector_that_does_not_answer_holds_nothing_up(monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        # Not below pytest's own folder: it is private to root, and PostgreSQL may not run as root.
        tempfile.TemporaryDirectory(prefix="linli-traced-", ignore_cleanup_errors=True) as folder,
    ):
        monkeypatch.setenv(
            "OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{silent.getsockname()[1]}"
        )
        monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
        with embedded_platform(Path(folder) / "home") as platform:
            platform.get("organization", "/units")
            silent.settimeout(30)
            connection, _ = silent.accept()
            with connection:
                for _ in range(20):
                    platform.get("organization", "/units")
                child = platform.supervisor.children[0]
                platform.supervisor.stop()
    assert child.process is not None
    assert child.process.returncode == 0  # it ended by itself, and in time
