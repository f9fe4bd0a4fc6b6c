"""Requests are counted, published and shown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from linli_chassis.i18n import translate
from linli_contracts.events.grid.requests import RequestRegistered
from linli_devkit.client import ServiceUnderTest
from linli_devkit.contracts.examples import example_event
from linli_tally.counts.domain import DailyCount, DayToCome, Registration, count
from linli_tally.service import TallyService
from uuid_utils.compat import uuid7

GRID, OTHER_GRID = "110101001001001", "110101002001001"
MORNING = datetime(2026, 3, 1, 1, tzinfo=UTC)
DAY = {"day": "2026-03-01"}
Make = Callable[..., ServiceUnderTest]


def registered(service: ServiceUnderTest, grid_code: str | None = GRID, **more: object) -> None:
    values = {"request_id": uuid7(), "registered_at": MORNING, **more}
    service.deliver(example_event(RequestRegistered, grid_code=grid_code, **values))


def test_a_day_ends_at_midnight_of_the_district() -> None:
    beijing = DailyCount(GRID, date(2026, 3, 2), 1)
    shanghai = TallyService.settings.__dataclass_fields__["time_zone"].default
    assert count([Registration(GRID, MORNING.replace(hour=16))], shanghai) == [beijing]
    assert count([Registration(None, MORNING)], shanghai) == []


def test_a_count_that_changed_is_published_once(service: Make) -> None:
    tally = service(TallyService)
    registered(tally)
    registered(tally)
    tally.fire("publish_changes")
    tally.fire("publish_changes")
    [event] = tally.published()
    assert (event.type, event.subject) == ("linli.tally.daily_count_published.v1", GRID)
    assert event.data == {"grid_code": GRID, "day": "2026-03-01", "requests": 2}


def test_an_event_that_comes_again_counts_once(service: Make) -> None:
    tally = service(TallyService)
    event = example_event(RequestRegistered, registered_at=MORNING)
    tally.deliver(event)
    tally.deliver(event)
    assert tally.get("/counts", query_string=DAY).json["items"][0]["requests"] == 1


def test_history_is_counted_only_where_it_is_wanted(service: Make) -> None:
    for wanted, counts in (("false", []), ("true", [1])):
        tally = service(TallyService, LINLI_TALLY_IMPORTS=wanted)
        registered(tally, channel="import")
        items = tally.get("/counts", query_string=DAY).json["items"]
        assert [item["requests"] for item in items] == counts


def test_a_caller_sees_the_grids_of_their_region(service: Make) -> None:
    tally = service(TallyService)
    registered(tally)
    registered(tally, OTHER_GRID)
    answer = tally.get("/counts", query_string=DAY, role="dispatcher", region=GRID[:9])
    assert [item["grid_code"] for item in answer.json["items"]] == [GRID]


def test_a_list_comes_in_pages(service: Make) -> None:
    tally = service(TallyService)
    registered(tally)
    registered(tally, OTHER_GRID)
    first = tally.get("/counts", query_string={**DAY, "limit": 1}).json
    assert [item["grid_code"] for item in first["items"]] == [GRID]
    rest = tally.get("/counts", query_string={**DAY, "cursor": first["next"]}).json
    assert [item["grid_code"] for item in rest["items"]] == [OTHER_GRID]
    assert rest["next"] is None


def test_a_day_that_has_not_come_is_refused(service: Make) -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=2)
    answer = service(TallyService).get("/counts", query_string={"day": f"{tomorrow:%Y-%m-%d}"})
    assert (answer.status_code, answer.json["type"]) == (422, "urn:linli:problem:day-to-come")
    assert "尚未到来" in translate(DayToCome.message, "zh", day="2030-01-01")
