"""Where something is: its coordinates in WGS-84, its grid, and what to warn of."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import isinf
from typing import Protocol

from linli_chassis.i18n import Text
from linli_kernel.errors import Invalid
from linli_kernel.gcj02 import to_wgs84

from linli_grid.errors import FarOutside
from linli_grid.territory.domain import LOCATED, OUTSIDE, UNPLACED
from linli_grid.territory.engine.index import NONE, GridIndex, LocatedGrid

Point = tuple[float, float]
"""Longitude and latitude in WGS-84 degrees."""

GCJ02 = "gcj02"


class HasCoordinates(Protocol):
    """Anything that names a place, or leaves it open, in `wgs84` or `gcj02` degrees."""

    @property
    def longitude(self) -> float | None: ...

    @property
    def latitude(self) -> float | None: ...

    @property
    def coordinate_system(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Placement:
    """Where something is. Without a point it has no place; without a grid it is outside all."""

    point: Point | None = None
    grid: LocatedGrid | None = None
    neighbours: Sequence[str] = ()
    warnings: Sequence[Text] = ()

    @property
    def location_status(self) -> str:
        """located, outside or unplaced."""
        if self.point is None:
            return UNPLACED
        return LOCATED if self.grid else OUTSIDE

    @property
    def grid_code(self) -> str | None:
        return self.grid.grid_code if self.grid else None

    @property
    def longitude(self) -> float | None:
        return self.point[0] if self.point else None

    @property
    def latitude(self) -> float | None:
        return self.point[1] if self.point else None


def place_one(
    index: GridIndex, item: HasCoordinates, *, border_m: float, max_outside_km: float
) -> Placement:
    """Place one thing with its neighbours and warnings, for the person who registers it.

    Args:
        border_m: Other grids within this distance are named as neighbours.
        max_outside_km: As of `place_many`.

    Raises:
        Invalid: one coordinate without the other.
        FarOutside: further from every grid than a district reaches.
    """
    (placement,) = place_many(index, [item], max_outside_km)
    if isinstance(placement, Invalid):
        raise placement
    if placement.point is None:
        return Placement(
            warnings=[Text("Without a place the request goes to the dispatcher of the district.")]
        )
    if placement.grid is None:
        return Placement(placement.point, warnings=_warnings_outside(index, placement.point, item))
    near = index.near(*placement.point, border_m)
    neighbours = [grid.grid_code for grid in near if grid.grid_code != placement.grid_code]
    return Placement(placement.point, placement.grid, neighbours)


def place_many(
    index: GridIndex, items: Sequence[HasCoordinates], max_outside_km: float
) -> list[Placement | Invalid]:
    """Find the grids of many places at once; instead of each that cannot be used, why.

    Args:
        max_outside_km: A place further than this from every grid is refused.
    """
    points = [_point(each) for each in items]
    placements: list[Placement | Invalid] = [
        point if isinstance(point, Invalid) else Placement(point) for point in points
    ]
    outside = {number: point for number, point in enumerate(points) if isinstance(point, tuple)}
    grids = index.locate(*_columns(outside.values())).tolist()
    for number, grid in zip(list(outside), grids, strict=True):
        if grid != NONE:
            placements[number] = Placement(outside.pop(number), index.grids[grid])
    if outside and index.grids:
        distances = index.distance_m(*_columns(outside.values())).tolist()
        for number, distance_m in zip(outside, distances, strict=True):
            if distance_m > max_outside_km * 1000:
                placements[number] = FarOutside(kilometres=f"{max_outside_km:g}")
    return placements


def point_of(item: HasCoordinates) -> Point | None:
    """The place of a thing in WGS-84. Raises `Invalid` for one coordinate without the other."""
    point = _point(item)
    if isinstance(point, Invalid):
        raise point
    return point


def _columns(points: Collection[Point]) -> tuple[list[float], list[float]]:
    """Points as longitudes and latitudes."""
    longitudes, latitudes = zip(*points, strict=True) if points else ((), ())
    return list(longitudes), list(latitudes)


def _point(item: HasCoordinates) -> Point | Invalid | None:
    longitude, latitude = item.longitude, item.latitude
    if longitude is None and latitude is None:
        return None
    if longitude is None or latitude is None:
        missing = "longitude" if longitude is None else "latitude"
        return Invalid("A place needs both longitude and latitude.", pointer=f"/{missing}")
    is_gcj02 = item.coordinate_system == GCJ02
    return to_wgs84(longitude, latitude) if is_gcj02 else (longitude, latitude)


def _warnings_outside(index: GridIndex, point: Point, item: HasCoordinates) -> list[Text]:
    """The warnings about a place outside every grid; it may be unmarked GCJ-02."""
    if isinf(index.distance_m([point[0]], [point[1]])[0]):
        return [
            Text("No grid has been drawn yet; the request goes to the dispatcher of the district.")
        ]
    warnings = [
        Text("The place is outside every grid; the request goes to the dispatcher of the district.")
    ]
    longitude, latitude = to_wgs84(*point)
    if item.coordinate_system != GCJ02 and index.locate([longitude], [latitude])[0] != NONE:
        warnings.append(
            Text(
                "The coordinates look like GCJ-02, as Chinese maps give them; "
                "mark such with coordinate_system gcj02."
            )
        )
    return warnings
