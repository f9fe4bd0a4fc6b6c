from __future__ import annotations

import json
import socket
import urllib.error
import urllib.request
from functools import partial
from http.client import HTTPResponse

import pytest
from linli_chassis.observability import metrics
from linli_chassis.observability.monitor import monitored, relay_health
from linli_chassis.observability.watchdog import (
    STUCK_SECONDS,
    note_turn,
    stuck_loops,
    watched,
)
from structlog.testing import capture_logs


def get(address: tuple[str, int], path: str) -> HTTPResponse:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    answer: HTTPResponse = opener.open(f"http://{address[0]}:{address[1]}{path}", timeout=5)
    return answer


def test_a_relay_is_healthy_as_long_as_it_goes_round_at_work_or_waiting() -> None:
    for active in (0, 1):
        metrics.relay_active.labels("grid").set(active)
        with (
            watched("grid", "relay"),
            monitored("grid", "127.0.0.1:0", partial(relay_health, "grid")) as address,
        ):
            assert address is not None
            with get(address, "/healthz") as answer:
                assert json.load(answer) == {
                    "status": "ok",
                    "service": "grid",
                    "active": bool(active),
                }


def test_a_relay_that_stands_still_is_not_healthy() -> None:
    with (
        watched("grid", "relay"),
        monitored("grid", "127.0.0.1:0", partial(relay_health, "grid")) as address,
    ):
        note_turn(within=-STUCK_SECONDS - 10)
        assert address is not None
        with pytest.raises(urllib.error.HTTPError) as refused:
            get(address, "/healthz")
    assert refused.value.code == 503
    document = json.load(refused.value)
    assert (document["status"], document["loops"]) == ("stuck", {"grid relay": 130})
    refused.value.close()


def test_a_loop_may_wait_as_long_as_it_said_and_ends_without_a_trace() -> None:
    with watched("grid", "nightly"):
        note_turn(within=3600)
        assert stuck_loops() == {}
        note_turn(within=-STUCK_SECONDS - 1)
        assert stuck_loops() == {"grid nightly": 121}
        note_turn()
        assert stuck_loops() == {}
    note_turn(within=-STUCK_SECONDS - 1)  # nothing is watched here
    assert stuck_loops() == {}


def test_a_relay_whose_address_is_taken_logs_so_and_works_on() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        capture_logs() as log_lines,
        monitored(
            "grid", f"127.0.0.1:{taken.getsockname()[1]}", partial(relay_health, "grid")
        ) as address,
    ):
        assert address is None
    assert [line["event"] for line in log_lines] == ["this process cannot be watched"]


def test_a_relay_that_nobody_asked_to_watch_listens_nowhere() -> None:
    with monitored("grid", None, partial(relay_health, "grid")) as address:
        assert address is None
