"""Writes the made-up files of the sample district anew: `python -m linli_devkit.sample.generate`.

Seeded and deterministic: the same code and inputs (`divisions.csv`, `made_up.yaml`,
`templates.yaml`, the service catalogue) always give the same bytes, and a test keeps the committed
files equal to them.
"""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import yaml
from linli_contracts.service_catalogue import load_service_items

from linli_devkit.sample.layout import HERE, SAMPLE, Grid, Layout, draw
from linli_devkit.sample.residents import COLUMNS, Story, requests
from linli_devkit.sample.tiling import Point

SEED = 20261122
MADE_UP = (
    "Made up: the polygons, names of grids and households are invented; "
    "only the communities' codes are real."
)
GRID_WITHOUT_FULL_TIME = "民安社区第二网格"

Feature = dict[str, Any]
Row = Mapping[str, Any]


def build() -> dict[str, str]:
    """The text of every generated file by its name."""
    rng = random.Random(SEED)  # noqa: S311  # made-up data must come out the same each time
    layout = draw(rng)
    plan = yaml.safe_load((HERE / "made_up.yaml").read_text(encoding="utf-8"))["units"]
    resources = [row for unit in plan for row in _resources(unit, layout, rng)]
    story = Story(
        templates=yaml.safe_load((HERE / "templates.yaml").read_text(encoding="utf-8")),
        services=load_service_items(),
        layout=layout,
        offered_twice=_offered_twice(resources),
        rng=rng,
    )
    return {
        "grids.geojson": _geojson(_grid(layout, grid, rng) for grid in layout.grids),
        "boundaries.geojson": _geojson(_boundary(layout, name) for name in layout.communities),
        "workers.csv": _csv(("worker_id", "grid_code", "duty", "note"), _workers(layout)),
        "units.csv": _csv(
            ("external_ref", "name", "kind", "region_code"), (_unit(unit, layout) for unit in plan)
        ),
        "resources.csv": _csv(tuple(resources[0]), resources),
        "requests.csv": _csv(COLUMNS, requests(story)),
    }


def _grid(layout: Layout, grid: Grid, rng: random.Random) -> Feature:
    properties = {"grid_code": grid.code, "name": grid.name, "households": rng.randint(220, 640)}
    return _feature(properties, layout.ring(grid.cells))


def _boundary(layout: Layout, name: str) -> Feature:
    code = layout.communities[name]
    return _feature({"community_code": code, "name": name}, layout.ring(layout.cells_of(code)))


def _feature(properties: dict[str, Any], ring: list[Point]) -> Feature:
    geometry = {"type": "Polygon", "coordinates": [[list(point) for point in ring]]}
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def _workers(layout: Layout) -> Iterable[Row]:
    """A full-time worker for every grid but one; a part-time one and a deputy for some."""
    for index, grid in enumerate(layout.grids):
        if grid.name != GRID_WITHOUT_FULL_TIME:
            yield _worker(grid, "full_time")
        if index % 2:
            yield _worker(grid, "part_time")
        if grid.code.endswith(("001", "002")):
            yield _worker(grid, "deputy")


def _worker(grid: Grid, duty: str) -> Row:
    worker_id = uuid5(NAMESPACE_URL, f"linli:sample:{grid.code}:{duty}")
    return {"worker_id": worker_id, "grid_code": grid.code, "duty": duty, "note": "made up"}


def _unit(unit: dict[str, Any], layout: Layout) -> Row:
    return {
        "external_ref": f"sample:{unit['ref']}",
        "name": f"{unit['name']}（示例）",
        "kind": unit["kind"],
        "region_code": layout.region(unit["at"]),
    }


def _resources(unit: dict[str, Any], layout: Layout, rng: random.Random) -> Iterable[Row]:
    for number, resource in enumerate(unit["resources"], start=1):
        longitude, latitude = layout.point_in(
            rng.choice(layout.cells_under(layout.region(unit["at"]))), rng
        )
        hours = resource.get("hours", {"days": [], "opens": "", "closes": ""})
        yield {
            "external_ref": f"sample:{unit['ref']}:{number}",
            "unit_ref": f"sample:{unit['ref']}",
            "services": "|".join(resource["services"]),
            "capacity_per_day": resource["capacity"],
            "covers": "|".join(
                layout.region(name) for name in resource.get("covers", ["subdistrict"])
            ),
            "longitude": longitude,
            "latitude": latitude,
            "days": "|".join(map(str, hours["days"])),
            "opens": hours["opens"],
            "closes": hours["closes"],
            "languages": "|".join(resource.get("languages", ["zh"])),
            "skills": "|".join(resource.get("skills", [])),
        }


def _offered_twice(resources: Sequence[Row]) -> set[str]:
    """Services that two resources offer all over the sub-district, so that one may decline."""
    everywhere = [row for row in resources if len(row["covers"]) <= len("110101005")]
    offers = [service for row in everywhere for service in row["services"].split("|")]
    return {service for service in offers if offers.count(service) > 1}


def _geojson(features: Iterable[Feature]) -> str:
    lines = ",\n".join(json.dumps(feature, ensure_ascii=False) for feature in features)
    head = json.dumps(MADE_UP, ensure_ascii=False)
    return f'{{"type": "FeatureCollection", "description": {head}, "features": [\n{lines}\n]}}\n'


def _csv(columns: Sequence[str], rows: Iterable[Row]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def main() -> None:
    """Write every generated file beside `divisions.csv`."""
    for name, text in build().items():
        (SAMPLE / name).write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
