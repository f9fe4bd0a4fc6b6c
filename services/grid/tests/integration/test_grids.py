import pytest
from linli_contracts.events.grid.territory import GridDrawn

from .factories import (
    COMMUNITY,
    OTHER_COMMUNITY,
    SIDE,
    SOUTH,
    WEST,
    events_of,
    region,
    square,
    tile,
)


def refused(answer):
    assert answer.status_code == 200, answer.json
    return [(item["pointer"], item["detail"]) for item in answer.json["refused"]]


def test_a_drawn_grid_is_published_with_a_coarse_centre_and_no_polygon(grid):
    events = events_of(grid, GridDrawn)
    assert [event.subject for event in events] == [f"{COMMUNITY}{n:03}" for n in (1, 2, 3, 4)]
    data = events[0].data
    assert data["community_code"] == COMMUNITY
    assert data["area_m2"] == pytest.approx(340 * 444, rel=0.02)
    assert data["centre"] == {"longitude": 116.402, "latitude": 39.902}


def test_drawing_the_same_again_changes_nothing_and_redrawing_is_published_again(grid):
    again = grid.post("/grids/import", json={"items": [tile(1), tile(2)]}, role="operator").json
    assert (again["accepted"], again["unchanged"]) == (0, 2)
    renamed = grid.post(
        "/grids/import", json={"items": [tile(1, name="新名"), tile(2)]}, role="operator"
    ).json
    assert (renamed["accepted"], renamed["unchanged"]) == (1, 1)
    last = events_of(grid, GridDrawn)[-1]
    assert (last.subject[-3:], last.sequence) == ("001", 2)
    assert grid.get(f"/grids/{COMMUNITY}001").json["name"] == "新名"


def test_good_grids_are_taken_while_bad_ones_are_listed_with_pointers(grid):
    bow_tie = {
        "type": "Polygon",
        "coordinates": [[[116, 39], [117, 40], [117, 39], [116, 40], [116, 39]]],
    }
    items = [
        tile(1, grid_code=f"{OTHER_COMMUNITY}001"),
        tile(1, grid_code=f"{COMMUNITY}05"),
        tile(1, grid_code="110101009009001"),
        tile(1, grid_code=f"{OTHER_COMMUNITY}001"),
        tile(1, grid_code=f"{OTHER_COMMUNITY}002", geometry=bow_tie),
        tile(
            1, grid_code=f"{OTHER_COMMUNITY}003", geometry={"type": "Point", "coordinates": [1, 2]}
        ),
        {"grid_code": f"{OTHER_COMMUNITY}004"},
        tile(1, grid_code="x"),
    ]
    answer = grid.post("/grids/import", json={"items": items}, role="operator")
    assert answer.json["accepted"] == 1
    pointers = [pointer for pointer, _ in refused(answer)]
    assert pointers[:5] == [
        "/items/1/grid_code",
        "/items/2/grid_code",
        "/items/3/grid_code",
        "/items/4/geometry",
        "/items/5/geometry/type",
    ]
    assert pointers[5].startswith("/items/6/")
    assert pointers[6] == "/items/7/grid_code"
    details = [detail for _, detail in refused(answer)]
    assert "15 digits" in details[0]
    assert "110101009009 is not registered. Register it first" in details[1]
    assert "Self-intersection at 116.500000, 39.500000" in details[3]


def test_refusals_are_in_chinese_to_whom_asks_for_it(grid):
    headers = {"Accept-Language": "zh-CN"}
    answer = grid.post(
        "/grids/import", json={"items": [tile(1, grid_code="110101009009001")]}, headers=headers
    )
    ((_, detail),) = refused(answer)
    assert "110101009009" in detail
    assert "未登记" in detail


def test_a_grid_of_a_community_not_registered_yet_is_refused_until_it_is(bare):
    assert (
        "Register it first" in refused(bare.post("/grids/import", json={"items": [tile(1)]}))[0][1]
    )
    bare.deliver(region(COMMUNITY))
    assert bare.post("/grids/import", json={"items": [tile(1)]}).json["accepted"] == 1


def test_a_subdistrict_is_no_community_and_older_news_of_a_region_change_nothing(bare):
    newer, older = region(COMMUNITY, name="新名"), region(COMMUNITY, name="旧名")
    object.__setattr__(newer, "sequence", 2)
    bare.deliver(newer)
    bare.deliver(older)
    with bare.unit_of_work() as uow:
        row = uow.connection.exec_driver_sql("SELECT name, sequence FROM region").one()
    assert tuple(row) == ("新名", 2)


def test_a_flaw_is_repaired_and_reported_in_the_response_the_grid_and_the_coverage(grid):
    ring = square(WEST, SOUTH)["coordinates"][0]
    ring[3:3] = [[ring[2][0], SOUTH + 0.02], ring[2]]
    item = tile(1, geometry={"type": "Polygon", "coordinates": [ring]})
    answer = grid.post("/grids/import", json={"items": [item]}, role="operator").json
    assert answer["repaired"][0]["index"] == 0
    assert "changed by 0.0 m²" in answer["repaired"][0]["detail"]
    assert "Repaired" in grid.get(f"/grids/{COMMUNITY}001").json["repaired"]
    assert [item["grid_code"] for item in grid.get("/coverage").json["repaired"]] == [
        f"{COMMUNITY}001"
    ]


def test_a_repair_is_named_by_the_place_of_its_item_among_all(grid):
    ring = square(WEST, SOUTH)["coordinates"][0]
    ring[3:3] = [[ring[2][0], SOUTH + 0.02], ring[2]]
    flawed = tile(1, geometry={"type": "Polygon", "coordinates": [ring]})
    items = [tile(2, grid_code="x"), tile(3), flawed]
    answer = grid.post("/grids/import", json={"items": items}, role="operator").json
    assert (answer["accepted"], answer["unchanged"], len(answer["refused"])) == (1, 1, 1)
    assert [repaired["index"] for repaired in answer["repaired"]] == [2]


def test_an_import_of_refused_grids_only_is_answered_too(grid):
    answer = grid.post("/grids/import", json={"items": [tile(1, grid_code="x")]}, role="operator")
    assert [pointer for pointer, _ in refused(answer)] == ["/items/0/grid_code"]


def test_the_digits_of_a_grid_are_a_setting(service):
    from linli_grid.service import GridService

    two = service(GridService, LINLI_GRID_DIGITS="2")
    two.deliver(region(COMMUNITY))
    answer = two.post(
        "/grids/import", json={"items": [tile(1, grid_code=f"{COMMUNITY}01"), tile(2)]}
    )
    assert answer.json["accepted"] == 1
    assert refused(answer)[0][0] == "/items/1/grid_code"


@pytest.mark.parametrize(
    ("role", "status"), [(None, 401), ("resident", 403), ("grid_worker", 403), ("operator", 200)]
)
def test_only_operators_draw_grids(grid, role, status):
    assert grid.post("/grids/import", json={"items": [tile(1)]}, role=role).status_code == status


def test_an_operator_of_another_region_draws_nothing_here(grid):
    answer = grid.post(
        "/grids/import", json={"items": [tile(1, name="x")]}, role="operator", region="110101002"
    )
    assert refused(answer) == [("/items/0/grid_code", "This grid is outside your region.")]


def test_grids_are_listed_in_pages_within_the_region_of_the_caller(grid):
    first = grid.get("/grids?limit=3", role="dispatcher").json
    rest = grid.get(f"/grids?limit=3&cursor={first['next']}", role="dispatcher").json
    assert [item["grid_code"][-3:] for item in first["items"] + rest["items"]] == [
        "001",
        "002",
        "003",
        "004",
    ]
    assert rest["next"] is None
    own = grid.get("/grids", role="grid_worker", region=f"{COMMUNITY}002").json
    assert [item["grid_code"][-3:] for item in own["items"]] == ["002"]
    assert grid.get(f"/grids?region_code={OTHER_COMMUNITY}").json["items"] == []
    assert grid.get("/grids?cursor=WzFd").status_code == 200  # an early position
    assert grid.get("/grids?cursor=W3t9XQ").status_code == 422
    assert grid.get("/grids?colour=red").status_code == 422


def test_one_grid_is_shown_with_its_shape_and_workers(grid):
    shown = grid.get(f"/grids/{COMMUNITY}001", role="grid_worker").json
    assert shown["geometry"]["coordinates"][0][0] == [WEST, SOUTH]
    assert (shown["workers"], shown["responsible_worker_id"]) == ([], None)
    assert grid.get(f"/grids/{COMMUNITY}009").status_code == 404
    assert (
        grid.get(f"/grids/{COMMUNITY}001", role="grid_worker", region=OTHER_COMMUNITY).status_code
        == 403
    )


def test_coverage_finds_overlaps_gaps_to_the_boundary_and_unstaffed_grids(grid):
    whole = square(WEST, SOUTH, 2 * SIDE)
    assert (
        grid.put(f"/boundaries/{COMMUNITY}", json={"geometry": whole}, role="operator").status_code
        == 200
    )
    report = grid.get(f"/coverage?community_code={COMMUNITY}", role="reviewer").json
    assert (report["grids"], report["overlaps"], report["gaps"]) == (4, [], [])
    assert {item["finding"] for item in report["findings"]} == {"no_full_time_worker"}
    assert len(report["findings"]) == 4

    shrunk = tile(4, geometry=square(WEST + SIDE, SOUTH + SIDE, SIDE / 2))
    spread = tile(1, grid_code=f"{OTHER_COMMUNITY}001", geometry=square(WEST - SIDE / 2, SOUTH))
    grid.post("/grids/import", json={"items": [shrunk, spread]}, role="operator")
    report = grid.get(f"/coverage?community_code={COMMUNITY}", role="reviewer").json
    (overlap,), (gap,) = report["overlaps"], report["gaps"]
    assert overlap["grid_codes"] == [f"{COMMUNITY}001", f"{OTHER_COMMUNITY}001"]
    assert overlap["area_m2"] == pytest.approx(171 * 444, rel=0.01)
    assert WEST < overlap["longitude"] < WEST + SIDE / 2
    assert gap["area_m2"] == pytest.approx(342 * 444 * 3 / 4, rel=0.01)


def test_the_lists_of_coverage_come_in_pages_with_their_totals(grid):
    doubled = [tile(number, grid_code=f"{COMMUNITY}{number:03}") for number in (1, 2, 3)]
    moved = [{**item, "grid_code": f"{COMMUNITY}{n:03}"} for n, item in enumerate(doubled, 5)]
    grid.post("/grids/import", json={"items": moved}, role="operator")
    pages, cursor = [], ""
    while cursor is not None:
        pages.append(grid.get(f"/coverage?limit=2{cursor and '&cursor='}{cursor}").json)
        cursor = pages[-1]["next"]
    assert all(page["totals"] == pages[0]["totals"] for page in pages)
    assert pages[0]["totals"] == {"overlaps": 3, "gaps": 0, "repaired": 0, "findings": 7}
    assert [len(page["overlaps"]) for page in pages] == [2, 1, 0, 0]
    assert [len(page["findings"]) for page in pages] == [2, 2, 2, 1]
    overlaps = [tuple(each["grid_codes"]) for page in pages for each in page["overlaps"]]
    assert len(set(overlaps)) == 3
    assert grid.get("/coverage?limit=501").status_code == 422
    for cursor in ("WyJ4Il0", "Wy0xXQ", "WzEsMl0"):
        assert grid.get(f"/coverage?cursor={cursor}").status_code == 422


def test_the_tolerance_of_coverage_is_a_setting(service):
    from linli_grid.service import GridService

    lax = service(GridService, LINLI_COVERAGE_TOLERANCE_M2="1e6")
    lax.deliver(region(COMMUNITY))
    lax.post(
        "/grids/import", json={"items": [tile(1), tile(2, geometry=square(WEST + SIDE / 2, SOUTH))]}
    )
    report = lax.get("/coverage").json
    assert (report["overlaps"], report["tolerance_m2"]) == ([], 1e6)


def test_a_boundary_needs_a_registered_community_and_an_area(grid):
    good = {"geometry": square(WEST, SOUTH)}
    assert grid.put("/boundaries/110101009009", json=good).status_code == 404
    assert (
        grid.put(f"/boundaries/{COMMUNITY}", json=good, region=OTHER_COMMUNITY).status_code == 403
    )
    bad = grid.put(
        f"/boundaries/{COMMUNITY}", json={"geometry": {"type": "Polygon", "coordinates": [[1]]}}
    )
    assert (bad.status_code, bad.json["errors"][0]["pointer"]) == (422, "/geometry/coordinates/0")
    assert grid.get("/coverage", region=COMMUNITY).status_code == 403
    assert grid.get("/coverage?community_code=abc").status_code == 422


def test_the_path_of_the_import_is_no_grid(grid):
    answer = grid.get("/grids/import")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
