"""Polygons from GeoJSON: checked, repaired where little changes, measured. Knows neither database
nor HTTP.

Degrees are WGS-84. Areas are taken on a plane whose scale is that of the WGS-84 ellipsoid at the
latitude of the polygon's own centroid. There the error of first order vanishes; what stays is the
variance of latitude over the polygon: under 1e-6 of the area for one 10 km tall, under 1e-4 for one
100 km tall.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import cos, radians, sin, sqrt
from typing import TypeVar

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import MultiPolygon, Polygon, mapping
from shapely.geometry.base import BaseGeometry

from linli_grid.errors import BadGeometry
from linli_grid.geometry.domain import GeoJson, Repair

Area = Polygon | MultiPolygon

_Item = TypeVar("_Item")
_Made = TypeVar("_Made")

_SEMI_MAJOR_M = 6378137.0  # WGS-84
_ECCENTRICITY_SQUARED = 6.69437999014e-3
_RING_POSITIONS = 4  # RFC 7946, 3.1.6: first and last are the same

REPAIR_MAX_SHARE = 0.001
"""A repair may change at most this share of the area; more is another polygon, to be redrawn."""
_REPAIR_MIN_M2 = 1.0  # below this a share says nothing

MAX_POSITIONS = 20_000
"""Of one polygon. The most detailed of the 99 neighbourhoods of Los Angeles has 9,025."""


@dataclass(frozen=True, slots=True)
class ReadArea:
    """A polygon that can be used, its area, and what was repaired to get it (None: nothing)."""

    shape: Area
    area_m2: float
    repair: Repair | None


Drawing = ReadArea | BadGeometry
"""A drawing that was read, or why it cannot be used."""


def metres_per_degree(latitude: float) -> tuple[float, float]:
    """Metres in one degree of longitude and of latitude, on the WGS-84 ellipsoid at a latitude."""
    w = sqrt(1 - _ECCENTRICITY_SQUARED * sin(radians(latitude)) ** 2)
    east = radians(1) * _SEMI_MAJOR_M / w * cos(radians(latitude))
    north = radians(1) * _SEMI_MAJOR_M * (1 - _ECCENTRICITY_SQUARED) / w**3
    return east, north


def area_m2(shape: BaseGeometry) -> float:
    """Area in square metres; see the module for the error."""
    if shape.is_empty or not shape.area:
        return 0.0
    east, north = metres_per_degree(shape.centroid.y)
    return float(shape.area * east * north)


def read_shape(geojson: GeoJson) -> Area:
    """The shape of a GeoJSON Polygon or MultiPolygon, valid or not.

    Raises:
        BadGeometry: with the reason and a pointer from `/geometry` on.
    """
    positions = count_positions(geojson.get("coordinates"))
    if positions > MAX_POSITIONS:
        raise BadGeometry(
            "The polygon has {positions} positions; at most {most} are taken. Simplify it.",
            pointer="/geometry/coordinates",
            positions=positions,
            most=MAX_POSITIONS,
        )
    return _shape(geojson)


def count_positions(coordinates: object) -> int:
    """How many positions the coordinates of a Polygon or MultiPolygon hold."""
    level = coordinates if isinstance(coordinates, list) else []
    while level and isinstance(level[0], list) and level[0] and isinstance(level[0][0], list):
        level = [inner for outer in level if isinstance(outer, list) for inner in outer]
    return len(level)


def measure(shape: Area) -> ReadArea:
    """A valid shape with its area. Raises `BadGeometry` when it has none."""
    return _measured(shape, None)


def repair(shape: Area) -> ReadArea:
    """A shape, repaired where it is invalid and that changes little.

    How long that takes has no bound: a star of 200 points that cross each other takes seconds, one
    of 500 minutes.

    Raises:
        BadGeometry: with the reason, and its place if there is one.
    """
    if shape.is_valid:
        return measure(shape)
    reason, place = _why_invalid(shape)
    repaired = areas_of(shapely.make_valid(shape))
    # Where a ring crosses itself, its signed area cancels what the repair keeps, so the difference
    # shows that too.
    before, after = area_m2(shape), area_m2(repaired)
    if abs(after - before) > max(REPAIR_MAX_SHARE * max(after, before), _REPAIR_MIN_M2):
        raise BadGeometry(
            "The polygon is invalid ({reason} at {place}) and repairing it would change its area "
            "from {before} m² to {after} m²; draw it again.",
            pointer="/geometry",
            reason=reason,
            place=place,
            before=round(before),
            after=round(after),
        )
    return _measured(repaired, Repair(reason, place, round(abs(after - before), 2)))


def repair_all(shapes: Sequence[Area]) -> list[Drawing]:
    """Each shape as `repair` has it; instead of each that cannot be used, why."""
    return [or_refusal(repair, shape) for shape in shapes]


def or_refusal(rule: Callable[[_Item], _Made], item: _Item) -> _Made | BadGeometry:
    """What a rule makes of an item, or the `BadGeometry` that it raises."""
    try:
        return rule(item)
    except BadGeometry as refusal:
        return refusal


def to_geojson(wkb: bytes) -> GeoJson:
    """A stored shape as GeoJSON."""
    geojson: GeoJson = mapping(shapely.from_wkb(wkb))
    return geojson


def areas_of(shape: BaseGeometry) -> Area:
    """Only what has an area, without the points and lines that repairs and intersections leave."""
    parts = shapely.get_parts(shapely.get_parts(shape))
    polygons = [part for part in parts if isinstance(part, Polygon) and not part.is_empty]
    return polygons[0] if len(polygons) == 1 else MultiPolygon(polygons)


def _measured(shape: Area, repair: Repair | None) -> ReadArea:
    area = area_m2(shape)
    if not area:
        raise BadGeometry("The polygon has no area.", pointer="/geometry")
    return ReadArea(shape, area, repair)


def _why_invalid(shape: Area) -> tuple[str, str]:
    """The reason in words and the place as `longitude, latitude`."""
    explanation = shapely.is_valid_reason(shape)
    match = re.fullmatch(r"(.*?)\[(\S+) (\S+)\]", explanation)
    if not match:
        return explanation, "?"
    return match[1], f"{float(match[2]):.6f}, {float(match[3]):.6f}"


def _shape(geojson: GeoJson) -> Area:
    kind, coordinates = geojson.get("type"), geojson.get("coordinates")
    if kind == "Polygon":
        return _polygon(coordinates, "/geometry/coordinates")
    if kind == "MultiPolygon":
        parts = _list(coordinates, "/geometry/coordinates")
        return MultiPolygon(
            [_polygon(part, f"/geometry/coordinates/{i}") for i, part in enumerate(parts)]
        )
    raise BadGeometry("A grid is a GeoJSON Polygon or MultiPolygon.", pointer="/geometry/type")


def _polygon(rings: object, pointer: str) -> Polygon:
    read = [_ring(ring, f"{pointer}/{i}") for i, ring in enumerate(_list(rings, pointer))]
    return Polygon(read[0], read[1:])


def _ring(positions: object, pointer: str) -> NDArray[np.float64]:
    """One ring as an array of (longitude, latitude); heights are dropped."""
    ring = _list(positions, pointer)
    if len(ring) < _RING_POSITIONS:
        raise BadGeometry("A ring has at least four positions.", pointer=pointer)
    read = [_position(position, f"{pointer}/{i}") for i, position in enumerate(ring)]
    array = np.array(read, dtype=np.float64)
    outside = np.flatnonzero(~((np.abs(array[:, 0]) <= 180) & (np.abs(array[:, 1]) <= 90)))
    if outside.size:
        raise BadGeometry(
            "{x}, {y} are no degrees of longitude (-180 to 180) and latitude (-90 to 90), "
            "in this order, in WGS-84.",
            pointer=f"{pointer}/{outside[0]}",
            x=float(array[outside[0], 0]),
            y=float(array[outside[0], 1]),
        )
    if tuple(array[0]) != tuple(array[-1]):
        raise BadGeometry(
            "A ring ends where it begins: repeat its first position.", pointer=pointer
        )
    return array


def _position(position: object, pointer: str) -> Sequence[float]:
    """Longitude and latitude of one position."""
    if (
        not isinstance(position, Sequence)
        or len(position) < 2
        or not all(isinstance(n, int | float) and not isinstance(n, bool) for n in position)
    ):
        raise BadGeometry("A position is [longitude, latitude], both numbers.", pointer=pointer)
    return position[:2]


def _list(value: object, pointer: str) -> list[object]:
    if not isinstance(value, list) or not value:
        raise BadGeometry("A list that is not empty is expected here.", pointer=pointer)
    return value
