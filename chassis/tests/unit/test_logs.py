"""Logs: one JSON line each, from us and from libraries, without personal data."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import eventlet
import pytest
import sqlalchemy as sa
import structlog
from linli_chassis.observability import logs, tracing


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    written = io.StringIO()
    logs.configure("grid", logging.INFO, written)
    yield written
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_has_time_level_service_and_event(stream: io.StringIO) -> None:
    structlog.get_logger("linli_grid").info("request verified", request_id="r1")
    [line] = lines(stream)
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "request verified",
        "level": "info",
        "logger": "linli_grid",
        "service": "grid",
        "request_id": "r1",
    }


def test_libraries_speak_through_the_same_lines(stream: io.StringIO) -> None:
    logging.getLogger("kombu.connection").warning("lost %s", "the broker")
    logging.getLogger("kombu.connection").info("chatter")
    [line] = lines(stream)
    assert (line["event"], line["service"], line["level"]) == ("lost the broker", "grid", "warning")


def test_values_named_like_personal_data_are_dropped_at_any_depth(stream: io.StringIO) -> None:
    structlog.get_logger().info(
        "x", phone="138", request={"name": "张三", "id": 1}, all=[{"contact": "c", "n": 2}]
    )
    [line] = lines(stream)
    assert line["request"] == {"id": 1}
    assert line["all"] == [{"n": 2}]
    assert "138" not in stream.getvalue()


def test_a_database_error_is_reported_without_the_values_it_quotes(stream: io.StringIO) -> None:
    statement = sa.exc.StatementError(
        "bad value 张三", "INSERT", {"words": "张三"}, ValueError("about 13800000000")
    )
    try:
        raise RuntimeError("storing failed") from statement
    except RuntimeError:
        structlog.get_logger().exception("unexpected")
    [line] = lines(stream)
    assert "RuntimeError: storing failed" in line["exception"]
    assert "StatementError" in line["exception"]
    assert "张三" not in line["exception"]


def test_each_greenlet_has_a_correlation_id_of_its_own(stream: io.StringIO) -> None:
    def request(number: int) -> None:
        structlog.contextvars.bind_contextvars(correlation_id=f"c{number}")
        eventlet.sleep(0)
        structlog.get_logger().info("within", number=number)

    for greenlet in [eventlet.spawn(request, number) for number in range(5)]:
        greenlet.wait()
    assert [line["correlation_id"] == f"c{line['number']}" for line in lines(stream)] == [True] * 5


@dataclass(frozen=True)
class LoggedEvent:
    type: str
    correlation_id: str


def test_a_batch_is_one_line_with_the_requests_it_was_about(stream: io.StringIO) -> None:
    logs.events(
        "events handled",
        "evaluation",
        [LoggedEvent("b", "r1"), LoggedEvent("a", "r2"), LoggedEvent("a", "r1")],
    )
    [line] = lines(stream)
    assert (line["service"], line["count"]) == ("evaluation", 3)
    assert (line["types"], line["correlation_ids"]) == (["a", "b"], ["r1", "r2"])


def test_a_large_batch_is_cut_into_lines_that_a_collector_takes_whole(stream: io.StringIO) -> None:
    many_events = [
        LoggedEvent("linli.grid.request_registered.v1", f"01a202b4-5f86-70a6-b6f2-{n:012}")
        for n in range(250)
    ]
    logs.events("events told", "grid", many_events)
    assert [line["count"] for line in lines(stream)] == [100, 100, 50]
    assert {one for line in lines(stream) for one in line["correlation_ids"]} == {
        one.correlation_id for one in many_events
    }
    assert max(map(len, stream.getvalue().splitlines())) < 8_000


def test_what_a_handler_logs_names_its_events(stream: io.StringIO) -> None:
    for events in ([LoggedEvent("a", "r1")], [LoggedEvent("a", "r1"), LoggedEvent("a", "r2")]):
        with logs.bound_to("evaluation", events):
            structlog.get_logger("linli_evaluation").info("folded")
    one, several = lines(stream)
    assert (one["service"], one["correlation_id"]) == ("evaluation", "r1")
    assert several["correlation_ids"] == ["r1", "r2"]


def test_a_line_within_a_trace_names_it(stream: io.StringIO) -> None:
    with tracing.continued("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"):
        structlog.get_logger("linli_grid").info("request verified")
    assert lines(stream)[0]["trace_id"] == "4bf92f3577b34da6a3ce929d0e0e4736"


def test_namekos_container_does_not_log_an_errors_words(stream: io.StringIO) -> None:
    logging.getLogger("nameko.containers").error(
        "error handling worker: %s", ValueError("13987654321")
    )
    assert lines(stream) == []
