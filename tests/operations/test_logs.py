from __future__ import annotations

import json
from typing import Any

from linli_contracts.manifest import api_services
from linli_devkit.processes import eventually

from .conftest import Story, Watched

LOG_EVENTS = {
    "grid": "events told",
    "grid relay": "events published",
    "service_desk": "events handled",
    "service_desk relay": "events published",
    "evaluation": "events handled",
}


def lines(watched: Watched, process: str) -> list[dict[str, Any]]:
    """What a process has logged; every line is JSON."""
    return [
        json.loads(line)
        for line in watched.platform.child(process).log.read_text(encoding="utf-8").splitlines()
    ]


def about(watched: Watched, process: str, wanted: str) -> list[dict[str, Any]]:
    return [line for line in lines(watched, process) if wanted in json.dumps(line)]


def test_one_request_can_be_followed_through_all_processes_it_went_through(
    watched: Watched, story: Story
) -> None:
    wanted = story.asked.request_id
    for process, event in LOG_EVENTS.items():

        def logged(process: str = process, event: str = event) -> list[dict[str, Any]]:
            return [line for line in about(watched, process, wanted) if line["event"] == event]

        eventually(logged)
    types = {
        kind for line in about(watched, "evaluation", wanted) for kind in line.get("types", ())
    }
    assert "linli.service_desk.case_rated.v1" in types
    assert not about(watched, "organization", wanted)  # it has no part in a request


def test_what_a_client_calls_its_request_leads_to_the_events_it_made(watched: Watched) -> None:
    name = "from-the-old-system-17"
    unit = {"external_ref": "log-1", "name": "示例", "kind": "enterprise", "region_code": "110101"}
    answer = watched.platform.ask(
        "POST", "organization", "/units", unit, headers={"X-Correlation-ID": name}
    )
    assert answer.headers["X-Correlation-ID"] == name, answer.text
    assert answer.status_code in (200, 201), answer.text
    [line] = [
        line for line in about(watched, "organization", name) if line["event"] == "events told"
    ]
    unit_id = line["correlation_ids"][0]
    for process in ("organization relay", "service_desk", "evaluation"):
        eventually(lambda process=process: about(watched, process, unit_id))


def test_every_line_says_when_what_and_which_service(watched: Watched, story: Story) -> None:
    assert story
    for child in watched.platform.supervisor.children:
        for line in lines(watched, child.name):
            assert list(line)[:4] == ["timestamp", "level", "service", "event"], line
            assert line["service"].split()[0] in api_services()


def test_lines_of_a_trace_name_it(watched: Watched, story: Story) -> None:
    emitted = [
        line
        for line in about(watched, "grid", story.asked.request_id)
        if line["event"] == "events told"
    ]
    assert emitted
    assert all(line["trace_id"] for line in emitted)
