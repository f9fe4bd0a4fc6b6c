"""Registering a request by HTTP: the grid service against a bare nameko route."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from typing import Any

import numpy as np
import requests
import shapely
from linli_contracts.events.organization.regions import RegionRegistered
from linli_contracts.service_catalogue import load_service_items
from linli_devkit.client import ServiceUnderTest, token
from linli_devkit.contracts.examples import example_event
from linli_devkit.ports import free_port
from linli_devkit.processes import eventually
from linli_grid.service import GridService

from benchmarks.consume_inbox import execute
from benchmarks.environment import BenchmarkDatabase, BenchmarkServers
from benchmarks.figures import Figure, compare
from benchmarks.locate_point import EAST, NORTH, SOUTH, WEST, tiles

_CONNECTIONS = 8
_GRIDS = 200
_COMMUNITY = "110101001001"
_BARE = (
    "CREATE SCHEMA bare; CREATE TABLE bare.request (request_id uuid PRIMARY KEY, category "
    "text, body jsonb)"
)


def http(servers: BenchmarkServers) -> list[Figure]:
    """Requests per second over eight connections that are kept alive."""
    bodies = [json.dumps(body, ensure_ascii=False) for body in asked(servers.count(2_000))]
    with servers.postgres.database(["grid"]) as database_url, servers.vhost() as amqp_uri:
        database = BenchmarkDatabase(database_url, amqp_uri, servers.folder)
        draw_grids(database_url)
        execute(database, _BARE)
        ports = free_port(), free_port()
        with (
            database.process(
                "linli",
                "run",
                "grid",
                LINLI_HTTP_BIND=f"127.0.0.1:{ports[0]}",
                LINLI_REGISTRATIONS_PER_HOUR="10000000",  # all come from one account
            ),
            database.process(
                "benchmarks.parts.nameko_http", LINLI_HTTP_BIND=f"127.0.0.1:{ports[1]}"
            ),
        ):
            for port in ports:
                await_port(port)

            def ours() -> float:
                execute(database, "TRUNCATE request, outbox, stream CASCADE", "grid")
                return load(ports[0], "/api/grid/v1/requests", bodies)

            def bare() -> float:
                execute(database, "TRUNCATE request", "bare")
                return load(ports[1], "/requests", bodies)

            figure = compare(
                "http",
                "register a request, against bare nameko @http with one insert and commit",
                "requests/s",
                ours,
                bare,
                target=0.5,
                rounds=servers.rounds,
                notes={"requests": len(bodies), "connections": _CONNECTIONS, "grids": _GRIDS},
            )
    return [figure]


def asked(count: int) -> list[dict[str, Any]]:
    """Requests all over the district, half of them with a contact."""
    chance = random.Random(110101)
    codes = list(load_service_items(None))
    return [
        {
            "category": chance.choice(codes),
            "description": "我家老人行动不便，想申请上门服务，请尽快联系。",
            "longitude": round(chance.uniform(WEST, EAST), 6),
            "latitude": round(chance.uniform(SOUTH, NORTH), 6),
            "channel": "wechat",
            "consent": True,
            "contact": {"name": "沈女士", "phone": "13900000000"}
            if chance.random() < 0.5
            else None,
        }
        for _ in range(count)
    ]


def draw_grids(database_url: str) -> None:
    """Put grids into the database of the grid service, by its own import."""
    service = ServiceUnderTest(GridService, database_url)
    for code in ("110101", _COMMUNITY[:9], _COMMUNITY):
        service.deliver(example_event(RegionRegistered, region_code=code, name=code))
    items = [
        {
            "grid_code": f"{_COMMUNITY}{number:03d}",
            "name": f"第{number}网格",
            "households": None,
            "geometry": json.loads(shapely.to_geojson(shape)),
        }
        for number, shape in enumerate(tiles(np.random.default_rng(110101), _GRIDS))
    ]
    answer = service.post("/grids/import", {"items": items})
    service.stop()
    if answer.status_code != 200 or answer.json["refused"]:
        raise RuntimeError(f"the grids were refused: {answer.text[:1000]}")


def load(port: int, path: str, bodies: list[str]) -> float:
    """Send the bodies from another process; requests per second. All must be created."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {token('resident')}\r\n"
    )
    lines = "\n".join([json.dumps(head), *bodies])
    arguments = [sys.executable, "-m", "benchmarks.parts.http_load", str(port), str(_CONNECTIONS)]
    done = subprocess.run(arguments, input=lines, capture_output=True, text=True, check=True)  # noqa: S603  # our own
    answer = json.loads(done.stdout)
    if answer["statuses"] != {"201": len(bodies)}:
        raise RuntimeError(f"not all were created: {answer['statuses']}")
    return len(bodies) / float(answer["seconds"])


def await_port(port: int) -> None:
    """Wait until HTTP is answered there, whatever the answer."""

    def answered() -> bool:
        try:
            requests.get(f"http://127.0.0.1:{port}/", timeout=5)
        except requests.ConnectionError:
            return False
        return True

    eventually(answered, seconds=120)
