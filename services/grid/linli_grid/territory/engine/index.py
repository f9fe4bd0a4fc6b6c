"""Finding the grid of a place: an index over all grids, made anew whenever a grid changes.

Distances are taken on one plane for the whole district (degrees times the scale at the middle of
its latitudes): right to 0.3 % at 25 km from the middle, which is nothing over the tens of metres
asked for here. Scaling keeps straight edges straight, so what lies inside a grid lies inside it on
the plane.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np
import shapely
from linli_chassis.process.offload import run_in_thread
from numpy.typing import ArrayLike, NDArray

from linli_grid.geometry import metres_per_degree

NONE = -1
"""Stands for the number of a grid where there is none."""


@dataclass(frozen=True, slots=True)
class LocatedGrid:
    """What the index keeps of one grid. `shape` is WKB in WGS-84 degrees."""

    grid_code: str
    name: str
    area_m2: float
    shape: bytes


class GridIndex:
    """All grids at one moment. Immutable, so that green threads share it without locks.

    Where grids overlap a place belongs to the smallest of them, as the one drawn most closely
    around it; among equals to the one with the lowest code. The same place therefore always finds
    the same grid, on every replica.
    """

    def __init__(self, grids: Sequence[LocatedGrid]) -> None:
        self.grids = sorted(grids, key=lambda grid: (grid.area_m2, grid.grid_code))
        shapes = shapely.from_wkb([grid.shape for grid in self.grids])
        _, south, _, north = shapely.total_bounds(shapes) if self.grids else (0.0, 0.0, 0.0, 0.0)
        self._scale = np.array(metres_per_degree((south + north) / 2))
        self._shapes = shapely.transform(shapes, lambda degrees: degrees * self._scale)
        shapely.prepare(self._shapes)
        self._tree = shapely.STRtree(self._shapes)

    def locate(self, longitudes: ArrayLike, latitudes: ArrayLike) -> NDArray[np.intp]:
        """For each place (WGS-84 degrees) the number of its grid in `grids`, or `NONE`.

        A border counts as inside.
        """
        points = self._points(longitudes, latitudes)
        place, grid = self._tree.query(points)
        inside = shapely.intersects_xy(
            self._shapes[grid], shapely.get_x(points[place]), shapely.get_y(points[place])
        )
        numbers = np.full(len(points), len(self.grids), dtype=np.intp)
        np.minimum.at(numbers, place[inside], grid[inside])  # `grids` is in the order of preference
        numbers[numbers == len(self.grids)] = NONE
        return numbers

    def near(self, longitude: float, latitude: float, distance_m: float) -> list[LocatedGrid]:
        """The grids within a distance of a place (WGS-84 degrees), nearest first."""
        point = self._points([longitude], [latitude])[0]
        numbers = self._tree.query(point, predicate="dwithin", distance=distance_m)
        distances = shapely.distance(self._shapes[numbers], point)
        order = np.lexsort((numbers, distances))
        return [self.grids[number] for number in numbers[order]]

    def distance_m(self, longitudes: ArrayLike, latitudes: ArrayLike) -> NDArray[np.float64]:
        """For each place the metres to the nearest grid: 0 inside, infinite without any grid."""
        points = self._points(longitudes, latitudes)
        distances = np.full(len(points), np.inf)
        if self.grids:
            (place, _), metres = self._tree.query_nearest(
                points, return_distance=True, all_matches=False
            )
            distances[place] = metres
        return distances

    def _points(self, longitudes: ArrayLike, latitudes: ArrayLike) -> NDArray[np.object_]:
        degrees = np.column_stack(
            (np.asarray(longitudes, dtype=float), np.asarray(latitudes, dtype=float))
        )
        return np.atleast_1d(np.asarray(shapely.points(degrees * self._scale)))


class GridLocator:
    """Keeps the index of the current grids, and makes it anew when their version has changed.

    The version is a random UUID in the database, replaced with every change of a grid. A counter
    would not do: a change rolled back and another one could leave the same number behind.
    """

    def __init__(self) -> None:
        self._version: UUID | None = None
        self._index = GridIndex([])

    def index(self, version: UUID, load: Callable[[], Sequence[LocatedGrid]]) -> GridIndex:
        """The index of the grids at this version.

        Args:
            version: Read before the grids are, so that a change between the two is seen again next
                time.
            load: Reads all grids; called only when the version is another one than before.
        """
        if version == self._version:
            return self._index
        index = run_in_thread(GridIndex, load())
        # Meanwhile another worker may have made a newer one; that is noticed next time, by its
        # version.
        self._index, self._version = index, version
        return index
