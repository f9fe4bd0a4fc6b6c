"""Facts, scorecards and periods over a real database, inbox and HTTP stack."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from linli_contracts.events.grid.staffing import WorkerAssigned
from linli_contracts.events.grid.territory import GridDrawn
from linli_contracts.events.organization.regions import RegionRegistered
from linli_contracts.events.organization.units import UnitRegistered
from linli_contracts.events.service_desk.cases import (
    CaseCancelled,
    CaseClosed,
    CaseDeclined,
    CaseOverdue,
    CaseResolved,
    CaseReworked,
)
from linli_contracts.registry import consumed_by
from linli_devkit.contracts.examples import example_event
from linli_evaluation.service import EvaluationService
from linli_evaluation.sources import LEVELS
from openapi_spec_validator import validate

GRID, OTHER_GRID = "110101001001001", "110101002001001"
COMMUNITY, SUBDISTRICT, DISTRICT = GRID[:12], GRID[:9], GRID[:6]
UNIT = "00000000-0000-4000-8000-0000000000aa"


@pytest.fixture
def evaluation(service: Any) -> Any:
    return service(EvaluationService)


def deliver(evaluation: Any, *stories: Any) -> None:
    evaluation.deliver(*(event for story in stories for event in story.events))


def grid_drawn(code: str, sequence: int = 1, **data: Any) -> Any:
    return example_event(
        GridDrawn, grid_code=code, community_code=code[:12], sequence=sequence, **data
    )


def named(code: str, name: str, sequence: int = 1) -> Any:
    level = {6: "district", 9: "subdistrict", 12: "community"}[len(code)]
    return example_event(
        RegionRegistered,
        region_code=code,
        name=name,
        level=level,
        parent_code=None,
        sequence=sequence,
    )


def assigned(
    code: str,
    duty: str = "full_time",
    worker: UUID | None = None,
    active: bool = True,
    sequence: int = 1,
) -> Any:
    return example_event(
        WorkerAssigned,
        grid_code=code,
        worker_id=worker or uuid4(),
        duty=duty,
        active=active,
        sequence=sequence,
    )


def line(card: dict[str, Any], code: str) -> dict[str, Any]:
    return next(each for each in card["indicators"] if each["code"] == code)


def cards(evaluation: Any, level: str, period: str = "2026-11", **more: Any) -> dict[str, Any]:
    answer = evaluation.get(f"/scorecards?level={level}&period={period}", **more)
    assert answer.status_code == 200, answer.text
    return {item["subject"]: item for item in answer.json["items"]}


def worked_example(new_story: Any) -> list[Any]:
    """Five cases of one grid in November 2026, with what is expected of them below."""
    well = [new_story().delivered_well() for _ in range(2)]
    # Answered at hour 6 after the limit at 4; reported at hour 30 after the limit at 24; not
    # solved, satisfied 2.
    late = new_story().opened(answer_due=4).dispatched(due=24).accepted(6)
    late.emit(CaseOverdue, 4, limit="answer", due_at=late.time(4))
    late.emit(CaseOverdue, 24, limit="finish", due_at=late.time(24))
    late.closed(resolved=30, closed=31, hours=40.0).rated(40, solved=False, satisfaction=2)
    # Declined once, then answered within the limit; three failed checks, then closed within its
    # limit of 90 hours.
    reworked = (
        new_story().opened().dispatched(1.5, due=90).emit(CaseDeclined, 2).dispatched(3, due=90)
    )
    reworked.accepted(3.5)
    for number in (1, 2, 3):
        reworked.emit(CaseResolved, 10 * number)
        reworked.emit(CaseReworked, 10 * number + 1, reworks=number)
    reworked.closed(resolved=60, closed=61, hours=24.0)  # the resident gives no rating
    # Never answered, never done: both limits passed.
    lost = new_story().opened().dispatched(due=24)
    lost.emit(CaseOverdue, 4, limit="answer", due_at=lost.time(4))
    lost.emit(CaseOverdue, 24, limit="finish", due_at=lost.time(24))
    return [*well, late, reworked, lost]


def test_the_indicators_of_a_worked_example(evaluation: Any, new_story: Any) -> None:
    deliver(evaluation, *worked_example(new_story))
    card = cards(evaluation, "district")[DISTRICT]
    values = {
        each["code"]: (each["value"], each["numerator"], each["denominator"])
        for each in card["indicators"]
    }
    assert values == {
        "response_rate": (0.6, 3, 5),  # late and lost missed their limit
        "resolution_rate": (0.666667, 2, 3),  # three residents said; late was not solved
        "satisfaction_rate": (0.666667, 2, 3),
        "closing_rate": (0.8, 4, 5),  # lost is open past its limit
        "closing_on_time": (0.6, 3, 5),  # late reported at 30, limit 24
        "rework_rate": (0.428571, 3, 7),  # 3 failed checks; 4 passed ones
        "first_match_rate": (0.75, 3, 4),  # lost has not been replied to
        "time_to_close_median": (20.0, None, 4),  # 16, 16, 24, 40
        "time_to_close_p90": (None, None, 4),  # too few for a tenth
        "elapsed_to_close_median": (26.5, None, 4),  # 22, 22, 31, 61
        "coverage": (None, None, 0),  # no grid was drawn
    }
    points = {each["code"]: each["points"] for each in card["indicators"]}
    assert points == {
        "response_rate": 20.0,  # 50 % is 0, 100 % is 100
        "resolution_rate": 33.33,
        "satisfaction_rate": 33.33,
        "closing_rate": 60.0,
        "closing_on_time": 80.0,  # 10 points below 70 %: 40 of 50
        "rework_rate": -0.9,  # 0.2 + 0.2 + 0.5 for the third
        "first_match_rate": 50.0,
        "time_to_close_median": 85.0,  # 20 h between 8 h (100) and 40 h (60)
        "time_to_close_p90": None,
        "elapsed_to_close_median": None,
        "coverage": None,
    }
    # (20*30 + 33.33*35 + 33.33*35 + 60*30 + 80*50 + 50*10 + 85*10) / 200 - 0.9 = 50.4155 - 0.9
    assert (card["score"], card["rank"], card["level"], card["cases"]) == (49.52, 1, "fail", 5)


def test_a_score_opens_down_to_cases_and_their_events(evaluation: Any, new_story: Any) -> None:
    stories = worked_example(new_story)
    deliver(evaluation, *stories)
    opened = evaluation.get(f"/scorecards/{GRID}?period=2026-11").json
    assert line(opened, "closing_on_time")["en"] == "Closed on time"
    listed = evaluation.get(
        f"/scorecards/{GRID}/cases?period=2026-11&indicator=closing_on_time&limit=3"
    ).json
    rest = evaluation.get(
        f"/scorecards/{GRID}/cases?period=2026-11&indicator=closing_on_time&cursor={listed['next']}"
    ).json
    by_request = {item["request_id"]: item for item in listed["items"] + rest["items"]}
    assert rest["next"] is None
    assert set(by_request) == {str(story.request_id) for story in stories}
    assert sum(item["numerator"] for item in by_request.values()) == 3
    late = by_request[str(stories[2].request_id)]
    assert (late["numerator"], late["denominator"], late["changed"]) == (0, 1, False)
    assert sorted(late["event_ids"]) == sorted(str(event.id) for event in stories[2].events)
    fact = evaluation.get(f"/facts/{stories[2].request_id}").json
    assert (fact["status"], fact["working_hours"]) == ("closed", 40.0)
    assert [event["event_id"] for event in fact["events"]] == late["event_ids"]


def test_a_sum_opens_down_to_what_each_case_added(evaluation: Any, new_story: Any) -> None:
    deliver(evaluation, *worked_example(new_story))
    items = evaluation.get(f"/scorecards/{GRID}/cases?period=2026-11&indicator=rework_rate").json[
        "items"
    ]
    assert sorted((item["numerator"], item["denominator"]) for item in items) == [
        (0, 1),
        (0, 1),
        (0, 1),
        (3, 4),
    ]
    items = evaluation.get(
        f"/scorecards/{GRID}/cases?period=2026-11&indicator=time_to_close_median"
    ).json["items"]
    assert sorted(item["value"] for item in items) == [16, 16, 24, 40]


def test_a_case_counts_in_the_period_of_its_event_times_in_the_districts_own_day(
    evaluation: Any, new_story: Any
) -> None:
    deliver(
        evaluation, *(new_story().delivered_well() for _ in range(3))
    )  # due Tuesday 3 November 09:00 in Shanghai
    for period, cases in (
        ("2026", 3),
        ("2026-Q4", 3),
        ("2026-W45", 3),
        ("2026-11-03", 3),
        ("2026-10", 0),
    ):
        card = cards(evaluation, "district", period).get(
            DISTRICT, {"indicators": [{"code": "closing_rate", "denominator": 0}]}
        )
        assert line(card, "closing_rate")["denominator"] == cases, period


def test_few_cases_give_no_value_and_a_grid_with_few_is_drawn_to_its_community(
    evaluation: Any, new_story: Any
) -> None:
    sibling = GRID[:12] + "002"
    good_one = [new_story(sibling).delivered_well()]
    poor = [
        new_story().opened().dispatched().accepted().closed().rated(solved=False, satisfaction=1)
        for _ in range(4)
    ]
    deliver(evaluation, *good_one, *poor)
    grids = cards(evaluation, "grid")
    one = grids[sibling]
    assert (one["score"], one["rank"]) == (None, None)  # one case is no score
    assert line(one, "resolution_rate") == {
        "code": "resolution_rate",
        "value": None,
        "numerator": 1,
        "denominator": 1,
        "shrunk": None,
        "points": None,
    }
    grid_line = line(grids[GRID], "resolution_rate")
    # The community's own rate is 1/5, and so is all above it; the grid has 0 of 4: (4*0 + 5*0.2) /
    # 9.
    assert (grid_line["value"], grid_line["shrunk"]) == (0.0, 0.111111)
    assert grids[GRID]["rank"] == 1


def test_coverage_is_the_grids_with_exactly_one_full_time_worker(
    evaluation: Any, new_story: Any
) -> None:
    codes = [COMMUNITY + f"{number:03}" for number in range(1, 5)]
    worker = uuid4()
    evaluation.deliver(
        *(grid_drawn(code) for code in codes),
        assigned(codes[0]),
        assigned(codes[1]),
        assigned(codes[1]),  # two is one too many
        assigned(codes[2], "part_time"),
        assigned(codes[3], worker=worker, active=False, sequence=2),  # relieved, received first
        assigned(codes[3], worker=worker, sequence=1),
    )
    deliver(evaluation, *(new_story().delivered_well() for _ in range(3)))
    coverage = line(cards(evaluation, "community")[COMMUNITY], "coverage")
    assert (coverage["value"], coverage["numerator"], coverage["denominator"]) == (0.25, 1, 4)
    opened = evaluation.get(f"/scorecards/{COMMUNITY}/cases?period=2026-11&indicator=coverage").json
    assert [item["numerator"] for item in opened["items"]] == [1, 0, 0, 0]
    assert [len(item["event_ids"]) for item in opened["items"]] == [2, 3, 2, 2]


def test_coverage_alone_is_no_score(evaluation: Any) -> None:
    evaluation.deliver(grid_drawn(GRID), assigned(GRID))
    card = cards(evaluation, "community")[COMMUNITY]
    assert (card["score"], card["rank"], line(card, "coverage")["points"]) == (None, None, 100.0)


def test_units_are_scored_by_the_cases_they_had(evaluation: Any, new_story: Any) -> None:
    evaluation.deliver(
        example_event(
            UnitRegistered,
            unit_id=UUID(UNIT),
            name="安居维修队",
            region_code=SUBDISTRICT,
        )
    )
    deliver(evaluation, *(new_story().delivered_well() for _ in range(3)))
    card = cards(evaluation, "unit")[UNIT]
    # All rates are full (180 of weight); 16 h to close are 90 points of weight 10: (180 * 100 + 10
    # * 90) / 190.
    assert (card["name"], card["cases"], card["score"]) == ("安居维修队", 3, 99.47)
    assert evaluation.get(f"/scorecards/{UNIT}?period=2026-11").json["subject_level"] == "unit"


def test_the_newest_name_stays_whatever_came_first(evaluation: Any, new_story: Any) -> None:
    evaluation.deliver(named(COMMUNITY, "多福巷社区", sequence=2))
    evaluation.deliver(
        named(COMMUNITY, "old name", sequence=1), grid_drawn(GRID, 2, name="第一网格")
    )
    evaluation.deliver(grid_drawn(GRID, 1, name="old"))
    deliver(evaluation, new_story().delivered_well())
    assert cards(evaluation, "community")[COMMUNITY]["name"] == "多福巷社区"
    assert cards(evaluation, "grid")[GRID]["name"] == "第一网格"


def test_figures_count_by_status_and_give_the_median_hours_to_closing(
    evaluation: Any, new_story: Any
) -> None:
    def imported(hours: float, code: str | None = GRID) -> Any:
        return (
            new_story(code, channel="import").opened().emit(CaseClosed, hours, working_hours=None)
        )

    withdrawn = new_story(channel="import").opened().emit(CaseCancelled, 5, reason="withdrawn")
    deliver(
        evaluation,
        imported(10),
        imported(30),
        imported(50),
        imported(7, None),
        withdrawn,
        new_story().registered(),
    )
    answer = evaluation.get("/figures?level=grid&from=2026-11-02&to=2026-11-03").json
    nobody, here = sorted(answer["items"], key=lambda item: item["subject"] or "")
    assert (nobody["subject"], nobody["cases"], nobody["median_elapsed_hours"]) == (None, 1, 7.0)
    assert (here["subject"], here["cases"], here["median_elapsed_hours"]) == (GRID, 5, 30.0)
    assert [
        (each["status"], each["cancel_reason"], each["cases"]) for each in here["statuses"]
    ] == [
        ("cancelled", "withdrawn", 1),
        ("closed", None, 3),
        ("registered", None, 1),
    ]
    assert evaluation.get("/figures?from=2026-11-03").json["items"] == []
    assert evaluation.get("/figures?to=2026-11-02T00:30:00Z").json["items"] == []


def test_facts_are_listed_by_what_is_asked_for(evaluation: Any, new_story: Any) -> None:
    closed, registered = new_story().delivered_well(), new_story(OTHER_GRID).registered()
    deliver(evaluation, closed, registered)
    listed = evaluation.get("/facts?status=closed").json
    assert [item["request_id"] for item in listed["items"]] == [str(closed.request_id)]
    first = evaluation.get("/facts?limit=1").json
    second = evaluation.get(f"/facts?limit=1&cursor={first['next']}").json
    request_ids = [item["request_id"] for item in first["items"] + second["items"]]
    assert (request_ids, second["next"]) == (
        sorted([str(closed.request_id), str(registered.request_id)]),
        None,
    )


def test_nobody_sees_beyond_their_region_and_a_unit_sees_itself(
    evaluation: Any, new_story: Any
) -> None:
    here, there = new_story().delivered_well(), new_story(OTHER_GRID).delivered_well()
    deliver(evaluation, here, there)
    mine = {"role": "evaluator", "region": SUBDISTRICT}
    assert set(cards(evaluation, "grid", **mine)) == {GRID}
    assert set(cards(evaluation, "district", **mine)) == set()
    assert evaluation.get(f"/facts/{here.request_id}", **mine).status_code == 200
    for path in (
        f"/facts/{there.request_id}",
        f"/scorecards/{OTHER_GRID}?period=2026-11",
        f"/scorecards/{OTHER_GRID}/cases?period=2026-11&indicator=closing_rate",
    ):
        answer = evaluation.get(path, **mine)
        assert (answer.status_code, answer.json["type"]) == (
            403,
            "urn:linli:problem:foreign-region",
        )
    assert [item["grid_code"] for item in evaluation.get("/facts", **mine).json["items"]] == [GRID]
    assert [item["subject"] for item in evaluation.get("/figures", **mine).json["items"]] == [GRID]
    assert set(cards(evaluation, "unit", role="provider", region=OTHER_GRID, unit=UNIT)) == {UNIT}
    assert set(cards(evaluation, "unit", role="evaluator")) == {UNIT}
    assert evaluation.get(f"/scorecards/{UNIT}?period=2026-11", **mine).status_code == 403


def test_a_provider_sees_its_own_unit_alone_whatever_region_its_token_has(
    evaluation: Any, new_story: Any
) -> None:
    deliver(evaluation, new_story().delivered_well())
    stranger = {"role": "provider", "region": DISTRICT, "unit": str(uuid4())}
    assert [set(cards(evaluation, level, **stranger)) for level in LEVELS] == [set()] * 5
    for subject in (GRID, DISTRICT, UNIT):
        answer = evaluation.get(f"/scorecards/{subject}?period=2026-11", **stranger)
        assert (answer.status_code, answer.json["type"]) == (
            403,
            "urn:linli:problem:foreign-region",
        )
    own = {**stranger, "unit": UNIT}
    assert [set(cards(evaluation, level, **own)) for level in LEVELS] == [set()] * 4 + [{UNIT}]
    assert evaluation.get(f"/scorecards/{UNIT}?period=2026-11", **own).status_code == 200
    assert set(cards(evaluation, "grid", role="provider,grid_worker")) == {GRID}


def test_scorecards_and_figures_come_in_pages(evaluation: Any, new_story: Any) -> None:
    codes = [COMMUNITY + f"{number:03}" for number in range(1, 6)]
    deliver(evaluation, *(new_story(code).registered() for code in (*codes, None)))
    deliver(evaluation, *(new_story(code).delivered_well() for code in codes))
    for path, subjects in (
        ("/scorecards?level=grid&period=2026-11", codes),
        ("/figures?level=grid", [*codes, None]),
    ):
        whole = evaluation.get(path).json
        assert ([item["subject"] for item in whole["items"]], whole["next"]) == (subjects, None)
        seen, cursor = [], ""
        for _ in range(4):
            page = evaluation.get(f"{path}&limit=2{cursor}").json
            seen += page["items"]
            cursor = f"&cursor={page['next']}"
            if page["next"] is None:
                break
            assert len(page["items"]) == 2
        assert seen == whole["items"]


@pytest.mark.parametrize("level", LEVELS)
def test_where_nothing_was_counted_the_list_is_empty(evaluation: Any, level: str) -> None:
    for role in ("admin", "provider", "grid_worker"):
        assert cards(evaluation, level, role=role, unit=UNIT) == {}


def test_who_may_not_is_refused(evaluation: Any) -> None:
    assert evaluation.get("/scorecards?level=grid&period=2026", role=None).status_code == 401
    assert evaluation.get("/scorecards?level=grid&period=2026", role="resident").status_code == 403
    assert evaluation.get("/facts", role="provider").status_code == 403
    assert evaluation.post("/periods/2026-10/close", role="operator").status_code == 403
    foreign = evaluation.post("/periods/2026-10/close", role="evaluator", region=SUBDISTRICT)
    assert (foreign.status_code, foreign.json["type"]) == (403, "urn:linli:problem:foreign-region")


@pytest.mark.parametrize(
    ("path", "status", "at"),
    [
        ("/scorecards?level=resident&period=2026", 422, "level"),
        ("/scorecards?period=2026", 422, "level"),
        ("/scorecards?level=grid", 422, "period"),
        ("/scorecards?level=grid&period=2026&nope=1", 422, "nope"),
        ("/scorecards?level=grid&period=2026-13", 422, "/period"),
        ("/scorecards?level=grid&period=2026&parent=x", 422, "parent"),
        ("/scorecards/110101?period=2026", 404, None),
        ("/scorecards/nowhere?period=2026", 404, None),
        ("/scorecards/110101/cases?period=2026&indicator=nope", 404, "/indicator"),
        ("/scorecards/110101/cases?period=2026&indicator=closing_rate&cursor=!", 422, "cursor"),
        ("/facts?cursor=WyJ4Il0", 422, "cursor"),
        ("/facts?status=lost", 422, "status"),
        ("/facts/00000000-0000-4000-8000-000000000000", 404, None),
        ("/figures?from=yesterday", 422, "from"),
        ("/figures?from=2026-11-22T08:00:00", 422, "from"),
        ("/figures?level=street", 422, "level"),
        ("/figures?cursor=WzFd", 422, "cursor"),
        ("/scorecards?level=grid&period=2026&cursor=WyJ4Il0", 422, "cursor"),
        ("/scorecards?level=grid&period=2026&limit=501", 422, "limit"),
    ],
)
def test_bad_input_is_reported_with_the_place_of_the_fault(
    evaluation: Any, path: str, status: int, at: str | None
) -> None:
    answer = evaluation.get(path)
    assert answer.status_code == status, answer.text
    places = [
        error.get("parameter", error.get("pointer")) for error in answer.json.get("errors", [])
    ]
    assert places == ([at] if at else [])


def test_problems_are_reported_in_chinese_too(evaluation: Any) -> None:
    answer = evaluation.get(
        "/scorecards?level=grid&period=2026-13", headers={"Accept-Language": "zh-CN"}
    )
    assert (
        answer.json["detail"]
        == "“2026-13”不是周期；应写作 2026、2026-Q4、2026-11、2026-W47 或 2026-11-22。"
    )


def test_indicators_are_listed_with_what_they_are(evaluation: Any) -> None:
    answer = evaluation.get("/indicators", role="provider").json
    on_time = next(each for each in answer["indicators"] if each["code"] == "closing_on_time")
    assert (on_time["zh"], on_time["weight"], on_time["target"]) == ("按期结案率", 50.0, 0.7)
    assert answer["grades"][0] == {
        "code": "excellent",
        "at_least": 90.0,
        "zh": "优秀",
        "en": "Excellent",
    }


def test_the_interface_describes_itself(evaluation: Any) -> None:
    document = evaluation.get("/api/evaluation/openapi.json", raw=True, role=None).json
    validate(document)
    assert "/api/evaluation/v1/scorecards/{subject}/cases" in document["paths"]


def test_evaluation_subscribes_everything_that_is_meant_for_it(evaluation: Any) -> None:
    assert set(evaluation.inbox._handlers) == {entry.name for entry in consumed_by("evaluation")}
