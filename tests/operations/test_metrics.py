from __future__ import annotations

import signal
import urllib.error
import urllib.request

import pytest
from linli_contracts.manifest import api_services
from linli_devkit.processes import eventually
from linli_devkit.running_platform import RunningPlatform

from .conftest import Story, Watched
from .scrape import scrape

REGISTERED = "linli.grid.request_registered.v1"


def test_every_metric_has_a_help_text(watched: Watched) -> None:
    for scraped in watched.scrapes():
        for family in scraped.families:
            assert family.documentation.strip(), family.name


def test_a_request_is_counted_on_its_whole_way(watched: Watched, story: Story) -> None:
    assert story
    grid = watched.service("grid")
    posted = {
        "service": "grid",
        "route": "/api/grid/v1/requests",
        "method": "POST",
        "status": "201",
    }
    assert grid.value("linli_http_requests_total", **posted)
    assert grid.value("linli_http_request_seconds_count", route="/api/grid/v1/requests")
    relay = watched.relay("grid")
    assert (relay.value("linli_relay_published_total", service="grid") or 0) >= 2
    assert relay.value("linli_relay_confirm_seconds_count", service="grid")
    assert relay.value("linli_relay_active", service="grid") == 1

    evaluation = watched.service("evaluation")
    assert evaluation.value("linli_inbox_handled_total", service="evaluation", type=REGISTERED)
    assert evaluation.value("linli_inbox_handler_seconds_count", service="evaluation")
    assert evaluation.value("linli_inbox_delay_seconds_count", service="evaluation")
    assert evaluation.value("linli_inbox_fed", service="evaluation") == 1


@pytest.mark.parametrize("name", api_services())
def test_a_service_exports_its_backlog_pool_and_process(watched: Watched, name: str) -> None:
    watched.platform.idle()
    scraped = watched.service(name)
    for backlog in (
        "outbox_pending",
        "outbox_oldest_seconds",
        "inbox_due",
        "inbox_late_seconds",
        "inbox_dead_letters",
    ):
        assert scraped.value(f"linli_{backlog}", service=name) == 0
    assert scraped.value("linli_database_up", service=name) == 1
    assert scraped.value("linli_database_pool_size", service=name) == 10
    assert 0 <= (scraped.value("linli_database_pool_in_use", service=name) or 0) <= 10
    assert (scraped.value("linli_event_loop_lag_seconds_count") or 0) > 4
    assert (scraped.value("process_resident_memory_bytes") or 0) > 1e7


@pytest.mark.parametrize("name", api_services())
def test_a_relay_reports_its_health(watched: Watched, name: str) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"{watched.relay_url(name)}/healthz", timeout=5) as answer:
        assert b'"active": true' in answer.read()
    with pytest.raises(urllib.error.HTTPError) as refused:
        opener.open(f"{watched.relay_url(name)}/anything", timeout=5)
    assert refused.value.code == 404
    refused.value.close()


def test_the_oldest_event_that_waits_has_an_age_while_nobody_publishes(watched: Watched) -> None:
    relay = watched.platform.child("organization relay")
    assert relay.process is not None
    relay.process.send_signal(signal.SIGSTOP)
    try:
        region = {"code": "110101399", "name": "示例街道"}
        answer = watched.platform.post("organization", "/regions/import", {"items": [region]})
        assert answer["accepted"] == 1, answer

        def old() -> bool:
            scraped = watched.service("organization")
            waits = (scraped.value("linli_outbox_pending", service="organization") or 0) >= 1
            return (
                waits
                and (scraped.value("linli_outbox_oldest_seconds", service="organization") or 0)
                > 0.5
            )

        eventually(old)
    finally:
        relay.process.send_signal(signal.SIGCONT)
    watched.platform.idle()
    eventually(
        lambda: (
            watched.service("organization").value("linli_outbox_pending", service="organization")
            == 0
        )
    )


def test_services_that_share_a_process_are_distinguished(embedded: RunningPlatform) -> None:
    scraped = scrape(embedded.supervisor.url)
    for name in api_services():
        assert scraped.value("linli_database_up", service=name) == 1
        assert scraped.value("linli_relay_active", service=name) == 1
        assert scraped.value("linli_database_pool_size", service=name) == 10
    assert (scraped.value("linli_event_loop_lag_seconds_count") or 0) > 4
    assert scraped.value("linli_inbox_handled_total", service="grid")
    families = [family.name for family in scraped.families]
    assert len(families) == len(set(families))
