"""Logs: one JSON line each, from us and from libraries, without personal data."""

from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import eventlet
import pytest
import sqlalchemy as sa
import structlog
from linli_chassis.observability import logs, tracing
from linli_kernel.errors import Conflict


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    written = io.StringIO()
    logs.configure("grid", logging.INFO, written)
    yield written
    root.handlers[:] = handlers
    root.setLevel(level)
    sys.excepthook = sys.__excepthook__
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
    assert "RuntimeError: fingerprint" in line["exception"]
    assert "StatementError" in line["exception"]
    assert "张三" not in line["exception"]


class TooMany(Conflict):
    message = "{words} are too many."


def _count(words: str) -> int:
    return int(words)


def _refuse(words: str) -> None:
    raise TooMany(words=words)


def _log_error_of(act: Callable[[str], object], words: str) -> None:
    try:
        act(words)
    except Exception:
        structlog.get_logger().exception("failed")


def test_an_error_is_its_type_its_frames_and_a_fingerprint_and_never_what_it_quotes(
    stream: io.StringIO,
) -> None:
    for words in ("13987654321 张三", "李四"):
        _log_error_of(_count, words)
    _log_error_of(_refuse, "张三")
    one, other, domain = (line["exception"] for line in lines(stream))
    assert one == other  # one fingerprint, whatever the words
    assert "test_logs:" in one
    assert "in _count" in one
    assert "builtins.ValueError: fingerprint " in one
    assert "{words} are too many." in domain
    assert not any(words in stream.getvalue() for words in ("1398", "张三", "李四"))


def test_what_nobody_caught_is_logged_without_its_words(stream: io.StringIO) -> None:
    error = ValueError("张三")
    sys.excepthook(ValueError, error, None)
    [line] = lines(stream)
    assert (line["event"], line["level"]) == ("an error was not caught", "critical")
    assert "张三" not in stream.getvalue()


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
