"""A running service that is sent drawings nobody could compute with."""

import http.client
import json
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from math import cos, pi, sin

import pytest
import sqlalchemy as sa
from linli_chassis.storage.database import create_engine
from linli_devkit.client import ENVIRON, token
from linli_devkit.ports import free_port
from linli_devkit.processes import eventually, process
from linli_grid.territory.engine.drawings import GEOMETRY_SECONDS

from .factories import COMMUNITY, OTHER_COMMUNITY, SOUTH, WEST, tile

BESIDES_S = 30  # starting a process, the database, and a machine that does other things


def star(points):
    """A ring whose sides all cross each other."""
    step = points // 2 - 1
    corners = [2 * pi * step * number / points for number in range(points)]
    ring = [[WEST + 0.002 * cos(angle), SOUTH + 0.002 * sin(angle)] for angle in corners]
    return {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}


@pytest.fixture
def ask(database, tmp_path):
    """Asks a service that runs in a process of its own."""
    url, port = database(["grid"]), free_port()
    engine = create_engine(url, "grid", pool_size=1)
    with engine.begin() as connection:
        register = sa.text("INSERT INTO region VALUES (:code, '社区', 'community', 1)")
        connection.execute(register, [{"code": COMMUNITY}, {"code": OTHER_COMMUNITY}])
    engine.dispose()

    def send(method, path, body=None, *, role="operator", region="110101"):
        headers = {"Authorization": f"Bearer {token(role, region)}"}
        headers |= {"Content-Type": "application/json"} if body else {}
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=90)) as connection:
            connection.request(
                method, f"/api/grid/v1{path}", json.dumps(body) if body else None, headers
            )
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())

    def is_up():
        assert running.poll() is None, (tmp_path / "log").read_text()
        try:
            return send("GET", "/grids")[0] == 200
        except OSError:
            return False

    environ = {**ENVIRON, "DATABASE_URL": url, "LINLI_HTTP_BIND": f"127.0.0.1:{port}"}
    with process(["-m", "linli_chassis", "run", "grid"], environ, tmp_path / "log") as running:
        eventually(is_up)
        yield send


def test_stars_are_refused_in_time_while_other_requests_are_answered_and_good_grids_taken(ask):
    stars = [
        tile(number, geometry=star(points)) for number, points in ((2, 200), (3, 500), (4, 9_999))
    ]
    slowest, asked = 0.0, 0
    began = time.monotonic()
    with ThreadPoolExecutor(1) as pool:
        importing = pool.submit(ask, "POST", "/grids/import", {"items": [tile(1), *stars]})
        while not importing.done():
            before = time.monotonic()
            assert ask("GET", "/grids")[0] == 200
            slowest, asked = max(slowest, time.monotonic() - before), asked + 1
        status, answer = importing.result()
    assert time.monotonic() - began < GEOMETRY_SECONDS + BESIDES_S
    assert asked > 20
    assert slowest < 5
    assert (status, answer["accepted"]) == (200, 1)
    assert [refused["pointer"] for refused in answer["refused"]] == [
        f"/items/{number}/geometry" for number in (1, 2, 3)
    ]
    assert "draw this one again" in answer["refused"][0]["detail"]


def test_a_star_that_is_outside_the_region_or_too_large_is_refused_before_anything_is_computed(ask):
    began = time.monotonic()
    foreign = {"items": [tile(1, geometry=star(500))]}
    _, answer = ask("POST", "/grids/import", foreign, region=OTHER_COMMUNITY)
    assert answer["refused"][0]["pointer"] == "/items/0/grid_code"
    status, _ = ask(
        "PUT", f"/boundaries/{COMMUNITY}", {"geometry": star(500)}, region=OTHER_COMMUNITY
    )
    assert status == 403
    status, answer = ask("PUT", f"/boundaries/{COMMUNITY}", {"geometry": star(20_001)})
    assert (status, answer["errors"][0]["pointer"]) == (422, "/geometry/coordinates")
    assert time.monotonic() - began < 10


def test_a_boundary_that_cannot_be_repaired_in_time_is_refused(ask):
    began = time.monotonic()
    status, answer = ask("PUT", f"/boundaries/{COMMUNITY}", {"geometry": star(2_000)})
    assert (status, answer["type"]) == (422, "urn:linli:problem:bad-geometry")
    assert time.monotonic() - began < GEOMETRY_SECONDS + BESIDES_S
