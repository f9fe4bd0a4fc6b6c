"""From a resident's request to a score, over eight processes, RabbitMQ and PostgreSQL."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from linli_contracts.manifest import api_services
from linli_devkit.processes import eventually
from linli_devkit.running_platform import RunningPlatform

EVENT_TYPES = [
    "linli.grid.request_registered.v1",
    "linli.grid.request_verified.v1",
    "linli.service_desk.case_opened.v1",
    "linli.service_desk.case_dispatched.v1",
    "linli.service_desk.case_accepted.v1",
    "linli.service_desk.case_resolved.v1",
    "linli.service_desk.case_closed.v1",
    "linli.service_desk.case_rated.v1",
]


def month_of(fact: dict[str, Any]) -> str:
    """The month in which a case was closed, as the district counts months."""
    return (
        datetime.fromisoformat(fact["closed_at"])
        .astimezone(ZoneInfo("Asia/Shanghai"))
        .strftime("%Y-%m")
    )


def scorecard(platform: RunningPlatform, level: str, subject: str, period: str) -> dict[str, Any]:
    """The scorecard of one subject in the list of its level."""
    items = platform.get("evaluation", "/scorecards", level=level, period=period)["items"]
    return next(item for item in items if item["subject"] == subject)


def test_every_service_and_every_relay_is_a_process_of_its_own(dongcheng: RunningPlatform) -> None:
    names = {
        child.name: child.process.pid for child in dongcheng.supervisor.children if child.process
    }
    assert set(names) == {*api_services(), *(f"{name} relay" for name in api_services())}
    assert len({*names.values(), os.getpid()}) == 9
    for name, pid in names.items():
        service, _, relay = name.partition(" ")
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        assert arguments[-3:-1] == [(relay or "run").encode(), service.encode()]


def test_a_request_becomes_a_rated_case_that_evaluation_knows(story: Any) -> None:
    fact = story.fact
    assert (fact["status"], fact["answered"], fact["solved"], fact["satisfaction"]) == (
        "closed",
        True,
        True,
        5,
    )
    assert (fact["grid_code"], fact["category"]) == (
        story.asked.grid_code,
        "elder_care.meal_delivery",
    )
    assert (fact["case_id"], fact["unit_id"]) == (story.case["case_id"], story.case["unit_id"])
    assert (fact["dispatches"], fact["checks"], fact["reworks"], fact["imported"]) == (
        1,
        1,
        0,
        False,
    )
    order = (
        "registered_at",
        "first_dispatched_at",
        "answered_at",
        "resolved_at",
        "closed_at",
        "rated_at",
    )
    times = [datetime.fromisoformat(fact[name]) for name in order]
    assert times == sorted(times)
    assert fact["elapsed_hours"] == pytest.approx((times[4] - times[0]).total_seconds() / 3600)


def test_an_older_persons_need_goes_first_and_that_she_is_older_is_not_kept(
    dongcheng: RunningPlatform, story: Any
) -> None:
    assert story.fact["priority"] == "raised"
    shown = dongcheng.get("grid", f"/requests/{story.asked.request_id}")
    assert "groups" not in shown
    assert "older" not in str(shown)


@pytest.mark.parametrize("level", ["grid", "community", "subdistrict", "district", "unit"])
def test_the_scorecards_of_every_level_count_it(
    dongcheng: RunningPlatform, story: Any, level: str
) -> None:
    fact, period = story.fact, month_of(story.fact)
    card = scorecard(
        dongcheng, level, fact["unit_id" if level == "unit" else f"{level}_code"], period
    )
    assert card["cases"] >= 1
    assert card["name"]
    lines = {line["code"]: line for line in card["indicators"]}
    assert lines["satisfaction_rate"]["denominator"] >= 1


def test_a_score_opens_down_to_the_case_and_its_events(
    dongcheng: RunningPlatform, story: Any
) -> None:
    subject, period = story.fact["community_code"], month_of(story.fact)
    cases = dongcheng.get(
        "evaluation",
        f"/scorecards/{subject}/cases",
        period=period,
        indicator="satisfaction_rate",
        limit=500,
    )["items"]
    mine = next(case for case in cases if case["request_id"] == story.asked.request_id)
    assert mine["numerator"] == mine["denominator"] == 1
    types_by_id = {event["event_id"]: event["type"] for event in story.fact["events"]}
    assert [types_by_id[event_id] for event_id in mine["event_ids"]] == EVENT_TYPES


def test_the_resident_follows_it_by_code_without_an_account(
    dongcheng: RunningPlatform, story: Any
) -> None:
    code = story.asked.tracking_code
    for typed in (code, code.lower(), f" {code} "):
        seen = dongcheng.get("grid", f"/tracking/{typed}", caller=None)
        assert (seen["request_id"], seen["status"]) == (story.asked.request_id, "verified")
        followed = dongcheng.get("service_desk", f"/tracking/{typed}", caller=None)
        assert (followed["state"], followed["can_rate"]) == ("closed", False)
        assert followed["unit_name"]
    assert dongcheng.ask("GET", "grid", "/tracking/AAAA-AAAA-AAAA", caller=None).status_code == 404


def test_one_correlation_id_links_all_its_events(dongcheng: RunningPlatform, story: Any) -> None:
    request_id = story.asked.request_id
    rows = [
        (time, kind)
        for service in api_services()
        for time, kind in dongcheng.rows(
            f"SELECT headers->>'ce-time', type FROM {service}.outbox "  # noqa: S608
            "WHERE headers->>'ce-correlationid' = %s",
            request_id,
        )
    ]
    assert [
        kind for _, kind in sorted(rows, key=lambda row: datetime.fromisoformat(row[0]))
    ] == EVENT_TYPES
    # And none of its events goes by another.
    subjects = [request_id, story.case["case_id"]]
    for service in ("grid", "service_desk"):
        sql = (
            f"SELECT DISTINCT headers->>'ce-correlationid' FROM {service}.outbox "  # noqa: S608
            "WHERE headers->>'ce-subject' = ANY(%s)"
        )
        assert dongcheng.rows(sql, subjects) == [(request_id,)]


def test_the_events_can_be_followed_with_the_command(
    dongcheng: RunningPlatform, story: Any
) -> None:
    arguments = ("events", "tail", "--since", "2020-01-01", "--type", "case_rated", "--count", "1")
    assert story.asked.request_id in dongcheng.linli(*arguments, "--json").stdout


def test_chinese_in_and_chinese_out(dongcheng: RunningPlatform, story: Any) -> None:
    code = story.asked.tracking_code
    seen = dongcheng.ask(
        "GET", "service_desk", f"/tracking/{code}", caller=None, language="zh-CN,zh;q=0.9"
    )
    assert "餐" in seen.json()["service_name"]
    english = dongcheng.ask("GET", "service_desk", f"/tracking/{code}", caller=None, language="en")
    assert english.json()["service_name"].isascii()
    refused = dongcheng.ask("POST", "grid", "/requests", {"category": "灯"}, language="zh")
    assert refused.headers["Content-Language"] == "zh"
    assert refused.json()["title"] == "内容无法使用"
    assert story.asked.answer["grid_name"].endswith("网格")  # as it was imported


def test_the_worker_reads_the_words_as_they_were_sent_and_that_is_kept(
    dongcheng: RunningPlatform, story: Any
) -> None:
    path = f"/requests/{story.asked.request_id}/contact"
    why = {"reason": "site_visit", "words": "上门核实"}
    read = dongcheng.post("grid", path, why)
    assert read["description"] == story.sent["description"]
    assert read["contact"] == story.sent["contact"]
    kept = dongcheng.get("grid", "/contact-accesses", request_id=story.asked.request_id)["items"]
    assert why.items() <= kept[0].items()


def test_nothing_is_left_on_its_way_and_nothing_is_dead(
    dongcheng: RunningPlatform, story: Any
) -> None:
    def idle() -> bool:
        return bool(dongcheng.json("status")["idle"])

    eventually(idle, seconds=30, every=0.2)
    assert dongcheng.json("events", "dead", "list") == []
    assert {
        child.name: child.restarts for child in dongcheng.supervisor.children if child.restarts
    } == {}
