"""A city to import: its grids and the requests of a day, real where the data are at hand."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import resources
from pathlib import Path

import numpy as np
import shapely

from benchmarks.locate_point import EAST, NORTH, SOUTH, WEST, tiles

_DATA = Path(__file__).parents[2] / "shared" / "data"
_REQUESTS, _NEIGHBOURHOODS = (
    _DATA / "la311_2020-01-01.csv",
    _DATA / "la_neighbourhoods_2019.geojson",
)
MAPPINGS = Path(str(resources.files("linli_demo") / "sample" / "mappings"))
DISTRICT = "990101"

_WRITTEN = "%m/%d/%y %H:%M"
_MOMENTS = ("createddate", "updateddate", "closeddate")
_PLACE = ("longitude", "latitude")
_KINDS = {
    "Bulky Items": 50,
    "Graffiti Removal": 24,
    "Metal/Household Appliances": 8,
    "Illegal Dumping Pickup": 8,
    "Homeless Encampment": 6,
    "Dead Animal Removal": 3,
    "Other": 1,
}
_CHANNELS = {
    "RequestContext": 32,
    "Mobile App": 42,
    "Self Service": 13,
    "Driver Self Report": 12,
    "Email": 1,
}

Row = dict[str, str]


@dataclass(frozen=True)
class City:
    """Files for `linli import`, and where they come from.

    `events` is how many events of requests and cases the requests lead to, `place` where one of
    them is, in degrees.
    """

    regions: Path
    grids: Path
    grids_mapping: Path
    requests: Path
    requests_mapping: Path
    source: str
    count: int
    events: int
    place: dict[str, float]


def city(folder: Path, count: int) -> City:
    """Write a city with so many requests into `folder`."""
    real = _REQUESTS.exists() and _NEIGHBOURHOODS.exists()
    grids = _NEIGHBOURHOODS if real else _write_grids(folder / "grids.geojson")
    day = (
        _read(_REQUESTS)
        if real
        else [_made_up(random.Random(number), number) for number in range(1_685)]
    )
    requests = folder / "requests.csv"
    rows = list(_days(day, count))
    with requests.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(day[0]))
        writer.writeheader()
        writer.writerows(rows)
    return City(
        MAPPINGS / "la_divisions.csv",
        grids,
        MAPPINGS / "la_neighbourhoods.yaml",
        requests,
        MAPPINGS / "la311.yaml",
        "Los Angeles 311, 2020-01-01" if real else "made up",
        count,
        sum(3 if row["status"] == "Pending" else 4 for row in rows),
        next({name: float(row[name]) for name in _PLACE} for row in rows if row["longitude"]),
    )


def _read(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _days(day: list[Row], count: int) -> Iterator[Row]:
    """The requests of the day, then the same ones a day later under other numbers, and so on."""
    for number in range(count):
        later, at = divmod(number, len(day))
        row = day[at]
        moved = {name: _later(row[name], later) for name in _MOMENTS}
        yield {**row, **moved, "srnumber": f"{later}-{row['srnumber']}"}


def _later(text: str, days: int) -> str:
    return (
        (datetime.strptime(text, _WRITTEN) + timedelta(days=days)).strftime(_WRITTEN)  # noqa: DTZ007
        if text
        else ""
    )


def _made_up(chance: random.Random, number: int) -> Row:
    created = datetime(2020, 1, 1) + timedelta(minutes=chance.randrange(24 * 60))  # noqa: DTZ001  # as in the file
    closed = created + timedelta(minutes=chance.randrange(30, 20_000))
    return {
        "srnumber": f"1-{number}",
        "requesttype": chance.choices(list(_KINDS), list(_KINDS.values()))[0],
        "status": chance.choices(("Closed", "Cancelled", "Pending"), (97, 2, 1))[0],
        "createddate": created.strftime(_WRITTEN),
        "updateddate": closed.strftime(_WRITTEN),
        "closeddate": closed.strftime(_WRITTEN),
        "requestsource": chance.choices(list(_CHANNELS), list(_CHANNELS.values()))[0],
        "owner": "made up",
        "latitude": f"{chance.uniform(SOUTH, NORTH):.8f}",
        "longitude": f"{chance.uniform(WEST, EAST):.7f}",
        "nc": "",
        "ncname": "",
    }


def _write_grids(path: Path) -> Path:
    shapes = tiles(np.random.default_rng(990101), 99)
    features = [
        {
            "type": "Feature",
            "properties": {"name": f"Neighbourhood {number}", "nc_id": str(number)},
            "geometry": json.loads(shapely.to_geojson(shape)),
        }
        for number, shape in enumerate(shapes, 1)
    ]
    path.write_text(
        json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8"
    )
    return path
