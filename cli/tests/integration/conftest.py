"""A running platform for the tests of the command: embedded, with a made-up district 990101."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from linli_devkit.platforms import InProcessPlatform, embedded_platform

GRIDS = 4


@pytest.fixture(scope="module")
def district(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InProcessPlatform]:
    """The platform with four square grids in one community, ready for requests."""
    folder = tmp_path_factory.mktemp("platform")
    settings = {"LINLI_DISTRICT": "990101", "LINLI_TIME_ZONE": "America/Los_Angeles"}
    with embedded_platform(folder / "home", **settings) as platform:
        district = InProcessPlatform(platform.home, platform.supervisor)
        _import_grids(district, folder)
        yield district


def _import_grids(district: InProcessPlatform, folder: Path) -> None:
    regions = folder / "regions.csv"
    regions.write_text("code,name\n990101,A\n990101001,B\n990101001001,C\n")
    grids = folder / "grids.geojson"
    grids.write_text(
        json.dumps({"type": "FeatureCollection", "features": [_square(i) for i in range(GRIDS)]})
    )
    district.linli("import", "regions", str(regions))
    district.idle(30)
    district.linli("import", "grids", str(grids))
    district.idle(30)


def _square(number: int) -> dict[str, Any]:
    west, east = -118.5 + number * 0.01, -118.49 + number * 0.01
    ring = [[west, 34.0], [east, 34.0], [east, 34.01], [west, 34.01], [west, 34.0]]
    properties = {
        "grid_code": f"990101001001{number:03}",
        "name": f"grid {number}",
        "households": 300,
    }
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
