"""GCJ-02 coordinates: unmarked they give a warning; marked they lead to the right grid."""

from __future__ import annotations

from typing import Any

from linli_client.http import Caller
from linli_devkit.processes import eventually
from linli_devkit.running_platform import RunningPlatform
from linli_kernel.gcj02 import to_gcj02

GOOD = {"category": "environment.graffiti", "description": "墙上又被喷了小广告。", "channel": "app"}
FACTS, REQUESTS = "SELECT count(*) FROM evaluation.fact", "SELECT count(*) FROM grid.request"
MARK = {"en": "mark such with coordinate_system gcj02", "zh": "gcj02"}


def ask(
    platform: RunningPlatform, place: tuple[float | None, float | None], system: str, language: str
) -> Any:
    body = {**GOOD, "longitude": place[0], "latitude": place[1], "coordinate_system": system}
    answer = platform.ask(
        "POST", "grid", "/requests", body, caller=Caller("resident"), language=language
    )
    assert answer.status_code == 201, answer.text
    eventually(lambda: platform.count(FACTS) == platform.count(REQUESTS))
    return answer.json()


def test_coordinates_of_a_chinese_map_that_are_not_marked_as_such_are_taken_with_a_warning(
    platform: RunningPlatform, language: str
) -> None:
    grid = max(
        platform.pages("grid", "/grids"), key=lambda grid: grid["longitude"]
    )  # at the eastern edge
    shown = to_gcj02(grid["longitude"], grid["latitude"])  # some 600 m east of where it is

    unmarked = ask(platform, shown, "wgs84", language)
    assert (unmarked["location_status"], unmarked["grid_code"]) == ("outside", None)
    assert any("GCJ-02" in warning for warning in unmarked["warnings"])
    assert any(MARK[language] in warning for warning in unmarked["warnings"])

    marked = ask(platform, shown, "gcj02", language)
    assert (marked["location_status"], marked["grid_code"]) == ("located", grid["grid_code"])
    assert marked["warnings"] == []


def test_a_request_without_a_place_is_taken_and_said_to_go_to_the_dispatcher(
    platform: RunningPlatform, language: str
) -> None:
    registered = ask(platform, (None, None), "wgs84", language)
    assert registered["location_status"] == "unplaced"
    (warning,) = registered["warnings"]
    assert ("dispatcher" in warning) == (language == "en")
