"""Finding the grids of many places, against shapely's own index."""

from __future__ import annotations

from time import perf_counter
from typing import Any

import numpy as np
import shapely
from linli_grid.territory.engine.index import NONE, GridIndex, LocatedGrid
from numpy.typing import NDArray

from benchmarks.environment import BenchmarkServers
from benchmarks.figures import Figure, compare

WEST, SOUTH, EAST, NORTH = 116.20, 39.80, 116.60, 40.05
_GRIDS, _PLACES = 2_000, 100_000
_CORNERS = 40


def locate(servers: BenchmarkServers) -> list[Figure]:
    """100,000 places among 2,000 grids of a district of 34 by 28 km, one in twenty outside."""
    random = np.random.default_rng(110101)
    shapes = tiles(random, _GRIDS)
    index = GridIndex(
        [
            LocatedGrid(
                f"110101001{number:06d}", str(number), float(shape.area), shapely.to_wkb(shape)
            )
            for number, shape in enumerate(shapes)
        ]
    )
    tree = shapely.STRtree(shapes)
    margin = 0.01
    longitudes = random.uniform(WEST - margin, EAST + margin, _PLACES)
    latitudes = random.uniform(SOUTH - margin, NORTH + margin, _PLACES)

    def ours() -> float:
        began = perf_counter()
        index.locate(longitudes, latitudes)
        return _PLACES / (perf_counter() - began)

    def raw() -> float:
        began = perf_counter()
        tree.query(shapely.points(longitudes, latitudes), predicate="intersects")
        return _PLACES / (perf_counter() - began)

    located = int(np.count_nonzero(index.locate(longitudes, latitudes) != NONE))
    by_hand = len(
        np.unique(tree.query(shapely.points(longitudes, latitudes), predicate="intersects")[0])
    )
    if abs(located - by_hand) > _PLACES // 10_000:
        raise RuntimeError(f"{located} places were located, {by_hand} by hand")
    return [
        compare(
            "locate",
            f"{_PLACES:,} places among {_GRIDS:,} grids, against STRtree.query",
            "places/s",
            ours,
            raw,
            target=0.5,
            rounds=servers.rounds,
            notes={"grids": _GRIDS, "places": _PLACES, "located": located},
        )
    ]


def tiles(random: np.random.Generator, count: int) -> NDArray[Any]:
    """Polygons that tile the district without gaps, each with some forty corners."""
    points = shapely.multipoints(
        np.column_stack((random.uniform(WEST, EAST, count), random.uniform(SOUTH, NORTH, count)))
    )
    district = shapely.box(WEST, SOUTH, EAST, NORTH)
    cells = shapely.get_parts(shapely.voronoi_polygons(points, extend_to=district))
    cells = shapely.intersection(cells, district)
    return np.asarray(shapely.segmentize(cells, shapely.length(cells) / _CORNERS))
