"""Seamless, full coverage (无缝对接、全面覆盖): where grids overlap, and where there is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from linli_grid.geometry.engine.polygons import area_m2, areas_of


@dataclass(frozen=True, slots=True)
class Spot:
    """Ground that is covered twice or not at all, with a point inside it in WGS-84 degrees."""

    area_m2: float
    longitude: float
    latitude: float


@dataclass(frozen=True, slots=True)
class Overlap(Spot):
    """Ground that two grids cover; the point lies inside the largest piece of it."""

    grid_codes: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Coverage:
    """Overlaps and gaps, largest first. `area_m2` is the ground covered, each place once."""

    grid_codes: list[str]
    area_m2: float
    overlaps: list[Overlap]
    gaps: list[Spot]


def check_coverage(
    asked: Mapping[str, bytes],
    others: Mapping[str, bytes],
    boundaries: Sequence[bytes],
    tolerance_m2: float,
) -> Coverage:
    """Compare grids with each other and with the boundaries of their communities.

    Args:
        asked: WKB of the grids in question, by code.
        others: WKB of the other grids of the district. What they cover is no gap; an overlap with
            them counts.
        boundaries: WKB of the communities in question that have one. Ground inside them and in no
            grid is a gap; so is, with or without boundary, every hole in the ground that the asked
            grids cover together.
        tolerance_m2: Smaller overlaps and gaps come from drawing and are left out.
    """
    codes = [*asked, *others]
    shapes = shapely.from_wkb([*asked.values(), *others.values()])
    covered = shapely.union_all(shapes[: len(asked)])
    wanted = shapely.union_all([_filled(covered), *shapely.from_wkb(list(boundaries))])
    tree = shapely.STRtree(shapes)
    gaps = shapely.difference(
        wanted, shapely.union_all(shapes[tree.query(wanted, predicate="intersects")])
    )
    return Coverage(
        grid_codes=list(asked),
        area_m2=sum(area_m2(part) for part in shapely.get_parts(covered)),
        overlaps=_overlaps(codes, shapes, tree, len(asked), tolerance_m2),
        gaps=_largest_first([spot_of(part) for part in _polygons(gaps)], tolerance_m2),
    )


def spot_of(shape: BaseGeometry) -> Spot:
    """The area of a polygon and a point inside it."""
    point = shape.representative_point()
    return Spot(round(area_m2(shape), 1), round(point.x, 6), round(point.y, 6))


def _overlaps(
    codes: Sequence[str],
    shapes: NDArray[np.object_],
    tree: shapely.STRtree,
    asked: int,
    tolerance_m2: float,
) -> list[Overlap]:
    one, other = tree.query(shapes[:asked], predicate="intersects")
    # Each pair once: within the asked grids by their order, with the others as it comes.
    pairs = np.flatnonzero(one < other)
    common = shapely.intersection(shapes[one[pairs]], shapes[other[pairs]])
    overlaps = []
    for pair, shared in zip(pairs, common, strict=True):
        pieces = _polygons(shared)
        area = sum(area_m2(piece) for piece in pieces)
        if area > tolerance_m2:
            point = spot_of(max(pieces, key=lambda piece: piece.area))
            first, second = sorted((codes[one[pair]], codes[other[pair]]))
            overlaps.append(
                Overlap(round(area, 1), point.longitude, point.latitude, (first, second))
            )
    return sorted(overlaps, key=lambda overlap: (-overlap.area_m2, overlap.grid_codes))


def _filled(shape: BaseGeometry) -> BaseGeometry:
    """The shape without its holes."""
    return shapely.union_all([Polygon(part.exterior) for part in _polygons(shape)])


def _polygons(shape: BaseGeometry) -> list[Polygon]:
    areas = areas_of(shape)
    return list(areas.geoms) if isinstance(areas, MultiPolygon) else [areas]


def _largest_first(spots: Sequence[Spot], tolerance_m2: float) -> list[Spot]:
    large_spots = [spot for spot in spots if spot.area_m2 > tolerance_m2]
    return sorted(large_spots, key=lambda spot: (-spot.area_m2, spot.longitude, spot.latitude))
