"""Who may see and do what."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from linli_service_desk.cases.domain.states import CASE_STATES
from openapi_spec_validator import validate

from .desk_under_test import GRID, REPORT, unit_of

OTHER_REGION = "110101002"


def test_a_provider_acts_for_its_own_unit_only(desk):
    desk.offer(1)
    case_id = desk.dispatched()
    for unit in (unit_of(2), None):
        refused = desk.try_to(case_id, "accept", role="provider", unit=unit)
        assert (refused.status_code, refused.json["type"]) == (
            403,
            "urn:linli:problem:not-your-unit",
        )
        assert desk.service.get(f"/cases/{case_id}", role="provider", unit=unit).status_code == 404
        assert desk.service.get("/cases", role="provider", unit=unit).json["items"] == []
    desk.act(case_id, "accept", role="provider", unit=unit_of(1))
    assert len(desk.service.get("/cases", role="provider", unit=unit_of(1)).json["items"]) == 1


def test_a_provider_learns_nothing_of_a_case_that_waits(desk):
    case_id = desk.verify()
    bodies = {"decline": {"reason": "other"}, "return": {"owner_unit_id": str(unit_of(2))}}
    for action in ("accept", "decline", "return", "resolve"):
        body = bodies.get(action, REPORT if action == "resolve" else None)
        refused = desk.try_to(case_id, action, body, role="provider", unit=unit_of(1))
        assert refused.status_code == 404
        assert "established" not in refused.text
    assert (
        desk.service.get(f"/cases/{case_id}", role="provider", unit=unit_of(1)).status_code == 404
    )


def test_evidence_is_encrypted_and_shown_to_who_handles_the_case_alone(desk):
    desk.offer(1)
    case_id = desk.handled()
    secret = "王秀英, 东华门大街 7 号 302, 13800000000"
    report = {"note": "done", "evidence": [secret, "https://example.org/photo/1.jpg"]}
    desk.act(case_id, "resolve", report, role="provider", unit=unit_of(1))
    for caller, seen in (
        ({"role": "evaluator"}, None),
        ({"role": "operator"}, None),
        ({"role": "provider", "unit": unit_of(1)}, report["evidence"]),
        ({"role": "grid_worker", "region": GRID}, report["evidence"]),
    ):
        history = desk.show(case_id, **caller)["history"]
        assert [entry["evidence"] for entry in history if entry["evidence"]] == (
            [seen] if seen else []
        )
    stored = desk.rows(sa.text("SELECT CAST(t AS text) AS row FROM case_transition t"))
    assert not any(secret[:3] in row["row"] or "13800000000" in row["row"] for row in stored)


def test_evidence_of_before_it_was_encrypted_is_shown_to_handlers_alone_too(desk):
    desk.offer(1)
    case_id = desk.handled()
    desk.act(case_id, "resolve", REPORT)
    clear = sa.text("""UPDATE case_transition SET evidence = '["old"]' WHERE action = 'resolve'""")
    with desk.service.unit_of_work() as uow:
        uow.connection.execute(clear)
    for role, seen in (("evaluator", None), ("reviewer", ["old"])):
        assert desk.show(case_id, role=role)["history"][-1]["evidence"] == seen


def test_cases_outside_every_grid_are_seen_by_no_other_district(desk):
    desk.verify(grid_code=None, location_status="outside")
    for role in ("admin", "dispatcher"):
        assert desk.service.get("/cases", role=role, region="990101").status_code == 403


def test_another_role_beside_that_of_a_provider_opens_no_other_case_and_no_note(desk):
    desk.offer(1)
    case_id = desk.handled()
    desk.act(case_id, "resolve", REPORT)
    for roles in ("provider", "provider,resident"):
        assert desk.service.get(f"/cases/{case_id}", role=roles, unit=unit_of(2)).status_code == 404
        assert desk.service.get("/cases", role=roles, unit=unit_of(2)).json["items"] == []
    for roles, readable in (("provider,evaluator", False), ("dispatcher", True)):
        history = desk.service.get(f"/cases/{case_id}", role=roles, unit=unit_of(2)).json["history"]
        assert any(entry["note"] for entry in history) is readable


@pytest.mark.parametrize(
    ("action", "body", "role"),
    [
        ("accept", {}, "dispatcher"),
        ("decline", {"reason": "other"}, "grid_worker"),
        ("cancel", {"reason": "other"}, "provider"),
        ("check", {"passed": True}, "resident"),
        ("escalate", {"reason": "other"}, "operator"),
    ],
)
def test_the_wrong_role_may_not(desk, action, body, role):
    desk.offer(1)
    case_id = desk.dispatched()
    refused = desk.try_to(case_id, action, body, role=role, unit=unit_of(1))
    assert (refused.status_code, refused.json["type"]) == (403, "urn:linli:problem:missing-role")
    assert desk.event_names(case_id) == ["case_opened", "case_dispatched"]


def test_without_a_token_cases_are_closed_to_everybody(desk):
    assert desk.service.get("/cases", role=None).status_code == 401


def test_a_grid_worker_acts_in_the_own_region_only(desk):
    desk.offer(1)
    case_id = desk.handled()
    desk.act(case_id, "resolve", REPORT)
    refused = desk.try_to(
        case_id, "check", {"passed": True}, role="grid_worker", region=OTHER_REGION
    )
    assert (refused.status_code, refused.json["type"]) == (403, "urn:linli:problem:foreign-region")
    assert (
        desk.service.get(f"/cases/{case_id}", role="grid_worker", region=OTHER_REGION).status_code
        == 404
    )
    desk.act(case_id, "check", {"passed": True}, role="grid_worker", region=GRID[:12])


def test_cases_outside_every_grid_belong_to_the_district(desk):
    case_id = desk.verify(grid_code=None, location_status="outside")
    assert (
        desk.try_to(
            case_id, "cancel", {"reason": "other"}, role="dispatcher", region="110101001"
        ).status_code
        == 403
    )
    assert desk.service.get("/cases", role="dispatcher", region="110101001").json["items"] == []
    assert len(desk.service.get("/cases", role="dispatcher").json["items"]) == 1


def test_of_two_who_accept_at_the_same_moment_one_gets_what_is_possible_instead(desk):
    desk.offer(1)
    case_id = desk.dispatched()
    with ThreadPoolExecutor(2) as both:
        answers = list(both.map(lambda _: desk.try_to(case_id, "accept"), range(2)))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert "resolve" in refused.json["detail"]
    assert desk.event_names(case_id).count("case_accepted") == 1


def test_lists_are_filtered_and_paged_the_newest_first(desk):
    case_ids = []
    for _ in range(5):
        case_ids.append(str(desk.verify()))
        desk.pass_hours(1)
    seen, cursor = [], ""
    while True:
        page = desk.service.get(f"/cases?limit=2{cursor}", role="dispatcher").json
        seen += [case["case_id"] for case in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert seen == case_ids[::-1]

    def count(query):
        return len(desk.service.get(f"/cases?{query}").json["items"])

    assert (count("state=established"), count("state=closed")) == (5, 0)
    assert (count(f"grid_code={GRID}"), count("grid_code=110101002")) == (5, 0)
    request_id = desk.show(case_ids[0])["request_id"]
    assert (count(f"request_id={request_id}"), count(f"unit_id={unit_of(1)}")) == (1, 0)


@pytest.mark.parametrize(
    "query", ["state=lost", "limit=0", "cursor=no", "cursor=WzFd", "wish=1", "grid_code=1_0"]
)
def test_a_query_that_makes_no_sense_is_a_problem_of_the_caller(desk, query):
    assert desk.service.get(f"/cases?{query}").status_code == 422


def test_an_unknown_case_is_not_found(desk):
    missing = "00000000-0000-0000-0000-000000000001"
    assert desk.service.get(f"/cases/{missing}").status_code == 404
    assert desk.try_to(missing, "accept").status_code == 404


def test_the_desk_describes_itself_by_the_table_of_the_steps(desk):
    document = desk.service.get("/api/service_desk/openapi.json", raw=True, role=None).json
    validate(document)
    offered = {path.rsplit("/", 1)[1] for path in document["paths"] if "case_id}/" in path}
    assert offered == set(CASE_STATES.actions)
