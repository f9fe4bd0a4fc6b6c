"""The lifecycle of a case, from the verified request to the resident's rating."""

from datetime import timedelta

import sqlalchemy as sa
from linli_contracts.events.grid.territory import GridDrawn
from linli_contracts.events.organization.regions import RegionRegistered
from linli_devkit.contracts.examples import example_event

from .desk_under_test import GRID, MONDAY, REPORT, VISIT, resource_of, unit_of, verified

CODE = "7K3MQ0XA9TBC4WZNH5E2"


def test_a_request_is_matched_handled_checked_and_rated(desk):
    desk.offer(1)
    case_id = desk.verify(code=CODE)
    desk.match()
    desk.pass_hours(1)
    desk.act(case_id, "accept", role="provider", unit=unit_of(1))
    desk.pass_hours(6)  # the break at noon has an hour and a half
    desk.act(case_id, "resolve", REPORT, role="provider", unit=unit_of(1))
    desk.pass_hours(20)
    desk.act(case_id, "check", {"passed": True}, role="grid_worker", region=GRID)
    verdict = {
        "tracking_code": "7k3m-qoxa-9tbc-4wzn-h5e2",
        "answered": True,
        "solved": True,
        "satisfaction": 5,
    }
    rated = desk.service.post("/feedback", json=verdict, role=None)
    assert (rated.status_code, rated.json["state"], rated.json["can_rate"]) == (
        200,
        "closed",
        False,
    )

    assert desk.event_names(case_id) == [
        "case_opened",
        "case_dispatched",
        "case_accepted",
        "case_resolved",
        "case_closed",
        "case_rated",
    ]
    events = desk.events(case_id)
    assert [event.sequence for event in events] == [1, 2, 3, 4, 5, 6]
    assert {event.correlation_id for event in events} == {str(events[0].data["request_id"])}
    assert events[4].data["working_hours"] == 5.5
    assert events[5].data["satisfaction"] == 5


def test_a_case_shows_why_it_was_matched_and_what_may_be_done_now(desk):
    names = [
        ("110101", "东城区", "district", None),
        ("110101001", "东华门街道", "subdistrict", "110101"),
    ]
    desk.service.deliver(
        *(
            example_event(
                RegionRegistered, region_code=code, name=name, level=level, parent_code=parent
            )
            for code, name, level, parent in names
        ),
        example_event(GridDrawn, grid_code=GRID, community_code=GRID[:12], name="第一网格"),
    )
    desk.offer(1)
    desk.offer(2, place={"longitude": 116.5, "latitude": 39.99})
    case = desk.show(desk.dispatched(), role="provider", unit=unit_of(1))
    assert case["places"] == ["东城区", "东华门街道", "第一网格"]
    assert (case["unit_name"], case["service_name"]) == ("测试单位 1", "Home visit")
    assert case["resource_id"] == str(resource_of(1))
    factors = {reason["factor"] for reason in case["match"]["reasons"]}
    assert factors == {"distance", "load", "slack", "continuity", "priority"}
    assert [choice["resource_id"] for choice in case["match"]["alternatives"]] == [
        str(resource_of(2))
    ]
    assert [action["action"] for action in case["actions"]] == ["accept", "decline", "return"]
    assert case["actions"][1]["asks"] == ["reason"]
    assert [entry["action"] for entry in case["history"]] == ["open", "dispatch"]


def test_a_case_is_answered_in_the_language_that_was_asked_for(desk):
    desk.offer(1)
    case_id = desk.dispatched()
    chinese = {"Accept-Language": "zh-CN"}
    assert desk.show(case_id, headers=chinese)["service_name"] == "上门探访"
    refused = desk.try_to(case_id, "resume", headers=chinese)
    assert refused.status_code == 409
    assert refused.json["detail"].startswith("案卷当前为“已派遣、待接单”")


def test_a_declined_case_is_matched_again_to_another(desk):
    desk.offer(1)
    case_id = desk.dispatched()
    desk.offer(2)
    desk.act(case_id, "decline", {"reason": "no_capacity"}, role="provider", unit=unit_of(1))
    desk.match()
    assert desk.show(case_id)["resource_id"] == str(resource_of(2))
    desk.act(case_id, "decline", {"reason": "other"})
    desk.match()
    assert desk.events(case_id, "case_unmatched")[0].data["reason"] == "all_declined"


def test_a_returned_case_goes_to_the_unit_that_was_named(desk):
    desk.offer(1)
    case_id = desk.handled()
    desk.offer(2)
    desk.offer(
        3, place={"longitude": 116.43, "latitude": 39.93}
    )  # further than the second, but it is its duty
    desk.act(case_id, "return", {"owner_unit_id": str(unit_of(3))})
    desk.match()
    assert desk.show(case_id)["resource_id"] == str(resource_of(3))
    assert "case_returned" in desk.event_names(case_id)


def test_who_does_not_reply_in_time_has_declined(desk):
    desk.offer(1)
    case_id = desk.dispatched()
    desk.pass_hours(2)
    desk.clocks()
    assert desk.show(case_id)["state"] == "dispatched"  # two working hours of four: to the minute
    desk.pass_hours(0.1)
    desk.clocks()
    assert desk.events(case_id, "case_declined")[0].data["reason"] == "no_reply"
    assert desk.show(case_id)["state"] == "established"


def test_a_suspended_case_resumes_by_itself_with_a_later_limit(desk):
    desk.offer(1)
    case_id = desk.handled()
    due_at = desk.show(case_id)["due_at"]
    until = desk.time + timedelta(days=1)
    desk.act(
        case_id, "suspend", {"reason": "season", "resume_at": until.isoformat()}, role="dispatcher"
    )
    desk.clocks()
    assert desk.show(case_id)["state"] == "suspended"
    desk.time = until
    desk.clocks()
    case = desk.show(case_id)
    assert (case["state"], due_at[:10], case["due_at"][:10]) == (
        "handling",
        "2026-11-25",
        "2026-11-26",
    )
    assert desk.event_names(case_id)[-2:] == ["case_suspended", "case_resumed"]


def test_a_suspension_into_the_past_is_refused_at_its_field(desk):
    desk.offer(1)
    case_id = desk.handled()
    refused = desk.try_to(case_id, "suspend", {"reason": "season", "resume_at": MONDAY.isoformat()})
    assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, "/resume_at")


def test_a_limit_is_extended_once_and_then_no_more(desk):
    desk.offer(1)
    case_id = desk.handled()
    desk.act(case_id, "extend", {"reason": "materials", "hours": 7.5})
    refused = desk.try_to(case_id, "extend", {"reason": "materials", "hours": 7.5})
    assert refused.status_code == 409
    assert "resolve" in refused.json["detail"]
    assert "extend" not in [action["action"] for action in desk.show(case_id)["actions"]]


def test_three_failed_checks_raise_the_case(desk):
    desk.offer(1)
    case_id = desk.handled()
    for _ in range(3):
        desk.act(case_id, "resolve", REPORT)
        desk.act(case_id, "check", {"passed": False, "note": "现场与反馈不符"}, role="reviewer")
    case = desk.show(case_id)
    assert (case["reworks"], case["level"], case["state"]) == (3, "community", "handling")
    assert desk.event_names(case_id)[-2:] == ["case_reworked", "case_escalated"]


def test_notes_are_stored_encrypted_and_published_in_no_event(desk):
    desk.offer(1)
    case_id = desk.handled()
    shown = desk.act(case_id, "resolve", REPORT)
    assert shown["history"][-1]["note"] == REPORT["note"]
    assert shown["history"][-1]["evidence"] == REPORT["evidence"]
    assert desk.show(case_id, role="evaluator")["history"][-1]["note"] is None
    stored = desk.rows(sa.text("SELECT note FROM case_transition WHERE action = 'resolve'"))
    assert REPORT["note"] not in stored[0]["note"]
    assert REPORT["note"] not in str([event.data for event in desk.service.published()])


def test_a_report_without_evidence_is_refused(desk):
    desk.offer(1)
    case_id = desk.handled()
    refused = desk.try_to(case_id, "resolve", {"note": "好了", "evidence": []})
    assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, "/evidence")
    assert desk.show(case_id)["state"] == "handling"


def test_each_limit_that_passes_is_raised_once(desk):
    case_id = desk.verify()
    desk.pass_hours(24)
    desk.clocks()
    desk.clocks()
    assert desk.event_names(case_id) == ["case_opened", "case_overdue", "case_escalated"]
    desk.offer(1)
    desk.match()
    desk.act(case_id, "accept")
    desk.pass_hours(24 * 5)
    desk.clocks()
    desk.clocks()
    assert [event.data["limit"] for event in desk.events(case_id, "case_overdue")] == [
        "answer",
        "finish",
    ]
    assert desk.show(case_id)["level"] == "subdistrict"


def test_a_late_report_is_overdue_even_when_no_timer_came_before_it(desk):
    desk.offer(1)
    case_id = desk.handled()
    desk.pass_hours(24 * 5)
    desk.act(case_id, "resolve", REPORT)
    desk.clocks()
    assert desk.events(case_id, "case_overdue")[0].data["limit"] == "finish"


def test_a_cancelled_case_is_over(desk):
    case_id = desk.verify()
    desk.act(case_id, "cancel", {"reason": "withdrawn"}, role="dispatcher")
    desk.offer(1)
    desk.match()
    assert desk.event_names(case_id) == ["case_opened", "case_cancelled"]
    assert desk.show(case_id)["actions"] == []


def test_a_resident_who_is_not_helped_has_the_case_reopened(desk):
    desk.offer(1)
    case_id = desk.closed(code=CODE)
    unsolved = {"tracking_code": CODE, "answered": True, "solved": False}
    desk.pass_hours(24)
    first = desk.service.post("/feedback", json=unsolved, role=None)
    assert first.json["can_reopen_until"].startswith("2026-12-03")
    assert desk.service.post("/feedback", json=unsolved, role=None).status_code == 409
    again = desk.service.post("/feedback", json={**unsolved, "reopen": True}, role=None)
    assert (again.status_code, again.json["state"]) == (200, "established")
    desk.match()
    desk.act(case_id, "accept")
    desk.act(case_id, "resolve", REPORT)
    desk.act(case_id, "check", {"passed": True})
    solved = {"tracking_code": CODE, "answered": True, "solved": True, "satisfaction": 4}
    assert desk.service.post("/feedback", json=solved, role=None).status_code == 200
    names = desk.event_names(case_id)
    assert names.count("case_rated") == 2  # one verdict for each closing
    assert names.count("case_closed") == 2
    assert "case_reopened" in names


def test_after_the_days_of_grace_nothing_is_reopened_but_still_rated(desk):
    desk.offer(1)
    case_id = desk.closed(code=CODE)
    desk.pass_hours(24 * 10 + 1)
    unsolved = {"tracking_code": CODE, "answered": False, "solved": False, "satisfaction": 1}
    refused = desk.service.post("/feedback", json={**unsolved, "reopen": True}, role=None)
    assert (refused.status_code, refused.json["type"]) == (
        409,
        "urn:linli:problem:transition-refused",
    )
    assert "case_rated" not in desk.event_names(case_id)
    assert desk.service.post("/feedback", json=unsolved, role=None).status_code == 200
    assert desk.try_to(case_id, "reopen", {"reason": "came_back"}).status_code == 409


def test_a_resident_follows_the_case_by_the_code_alone(desk):
    desk.offer(1)
    desk.dispatched(code=CODE)
    seen = desk.service.get(f"/tracking/{CODE.lower()}", role=None).json
    assert (seen["state"], seen["unit_name"], seen["can_rate"]) == (
        "dispatched",
        "测试单位 1",
        False,
    )
    assert {"case_id", "request_id", "longitude"}.isdisjoint(seen)
    assert desk.service.get("/tracking/0000-0000", role=None).status_code == 404
    early = {"tracking_code": CODE, "answered": True, "solved": True}
    assert (
        desk.service.post("/feedback", json=early, role=None).json["type"]
        == "urn:linli:problem:not-rateable"
    )


def test_history_comes_in_with_its_own_times_and_is_over_at_once(desk):
    began, ended = MONDAY - timedelta(days=2000), MONDAY - timedelta(days=1990)

    def recorded(outcome, reason=None):
        at = None if outcome == "open" else ended
        return desk.verify(
            time=began, recorded={"outcome": outcome, "ended_at": at, "reason": reason}
        )

    closed, cancelled, open_ = (
        recorded("closed"),
        recorded("cancelled", "referred_out"),
        recorded("open"),
    )
    opened, ending = desk.events(closed)
    assert (opened.time, opened.data["answer_due_at"]) == (began, None)
    assert (ending.time, ending.data["working_hours"]) == (ended, None)
    assert desk.events(cancelled)[1].data["reason"] == "referred_out"
    assert desk.events(cancelled)[1].time == ended
    desk.clocks()
    desk.offer(1)
    desk.match()
    assert desk.event_names(open_) == ["case_opened", "case_dispatched"]
    assert [desk.show(case)["state"] for case in (closed, cancelled)] == ["closed", "cancelled"]
    assert [entry["action"] for entry in desk.show(closed)["history"]] == ["open", "record"]


def test_a_service_that_the_catalogue_does_not_list_is_served_all_the_same(desk):
    desk.offer(1, services=["other.snow_clearing"])
    desk.dispatched(category="other.snow_clearing")


def test_the_catalogue_is_public(desk):
    services = desk.service.get("/services", role=None).json["items"]
    visit = next(entry for entry in services if entry["code"] == VISIT)
    assert (visit["answer_hours"], visit["finish_hours"], visit["priority_for"]) == (
        4,
        16,
        ["older"],
    )


def test_a_second_verification_of_the_same_request_opens_no_second_case(desk):
    event = verified()
    desk.service.deliver(event)
    desk.service.deliver(verified(request_id=event.data["request_id"]))
    assert desk.rows(sa.text("SELECT count(*) AS n FROM case_file")) == [{"n": 1}]
    assert len(desk.service.published()) == 1
