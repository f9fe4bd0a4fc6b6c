"""Where a request is: its coordinates in WGS-84, its grid, and what is to be said about them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from math import isinf
from typing import Any

from linli_chassis.i18n import Text
from linli_chassis.storage.unit_of_work import UnitOfWork
from linli_kernel.gcj02 import to_wgs84

from linli_grid.domain.errors import FarOutside, Invalid
from linli_grid.domain.requests import LOCATED, OUTSIDE, UNPLACED
from linli_grid.locator import NONE, GridIndex, GridLocator, LocatedGrid
from linli_grid.store import grids as store

Point = tuple[float, float]


@dataclass(frozen=True)
class Placed:
    """A request's place. Coordinates are WGS-84 degrees; None when it has none."""

    point: Point | None = None
    grid: LocatedGrid | None = None
    neighbours: list[str] = field(default_factory=list)
    warnings: list[Text] = field(default_factory=list)

    @property
    def location_status(self) -> str:
        """located, outside or unplaced."""
        if self.point is None:
            return UNPLACED
        return LOCATED if self.grid else OUTSIDE

    @property
    def columns(self) -> dict[str, Any]:
        """What the request's row keeps of it."""
        longitude, latitude = self.point or (None, None)
        code = self.grid.grid_code if self.grid else None
        return {
            "longitude": longitude,
            "latitude": latitude,
            "grid_code": code,
            "location_status": self.location_status,
        }


def index_of(uow: UnitOfWork, locator: GridLocator) -> GridIndex:
    """The index of the grids as they are now."""
    return locator.index(
        store.current_version(uow.connection), lambda: store.located_grids(uow.connection)
    )


def place_one(index: GridIndex, settings: Any, sent: Mapping[str, Any]) -> Placed:
    """Place a request with all that a person who registers it wants to know.

    Raises:
        Invalid: one coordinate without the other.
        FarOutside: further from every grid than a district reaches.
    """
    (placed,) = place_many(index, settings, [sent])
    if isinstance(placed, Invalid):
        raise placed
    if placed.point is None:
        return Placed(
            warnings=[Text("Without a place the request goes to the dispatcher of the district.")]
        )
    if placed.grid is None:
        return Placed(placed.point, warnings=_why_outside(index, placed.point, sent))
    near = index.near(*placed.point, settings.border_m)
    neighbours = [other.grid_code for other in near if other.grid_code != placed.grid.grid_code]
    return Placed(placed.point, placed.grid, neighbours)


def place_many(
    index: GridIndex, settings: Any, sent: Sequence[Mapping[str, Any]]
) -> list[Placed | Invalid]:
    """Find the grids of many requests at once; in place of each that cannot be used, why.

    Args:
        sent: each with `longitude` and `latitude` (both may be missing or None) and
            `coordinate_system`.
    """
    points = [_point(each) for each in sent]
    placed: list[Placed | Invalid] = [
        each if isinstance(each, Invalid) else Placed(each) for each in points
    ]
    usable = {i: point for i, point in enumerate(points) if isinstance(point, tuple)}
    for i, number in zip(
        list(usable), index.locate(*_columns(usable.values())).tolist(), strict=True
    ):
        if number != NONE:
            placed[i] = Placed(usable.pop(i), index.grids[number])
    if index.grids:
        for i, metres in zip(
            usable, index.distance_m(*_columns(usable.values())).tolist(), strict=True
        ):
            if metres > settings.max_outside_km * 1000:
                placed[i] = _too_far(settings.max_outside_km)
    return placed


def _columns(points: Collection[Point]) -> tuple[list[float], list[float]]:
    """Points as longitudes and latitudes."""
    longitudes, latitudes = zip(*points, strict=True) if points else ((), ())
    return list(longitudes), list(latitudes)


def _point(sent: Mapping[str, Any]) -> Point | Invalid | None:
    longitude, latitude = sent.get("longitude"), sent.get("latitude")
    if longitude is None and latitude is None:
        return None
    if longitude is None or latitude is None:
        missing = "longitude" if longitude is None else "latitude"
        return Invalid("A place needs both longitude and latitude.", pointer=f"/{missing}")
    point = float(longitude), float(latitude)
    return to_wgs84(*point) if sent.get("coordinate_system") == "gcj02" else point


def _too_far(kilometres: float) -> FarOutside:
    return FarOutside(
        "This place is more than {kilometres} km from every grid of the district; are longitude and latitude right?",
        pointer="/longitude",
        kilometres=f"{kilometres:g}",
    )


def _why_outside(index: GridIndex, point: Point, sent: Mapping[str, Any]) -> list[Text]:
    warnings = [
        Text("The place is outside every grid; the request goes to the dispatcher of the district.")
    ]
    if isinf(index.distance_m([point[0]], [point[1]])[0]):
        return [
            Text("No grid has been drawn yet; the request goes to the dispatcher of the district.")
        ]
    converted = to_wgs84(*point)
    if (
        sent.get("coordinate_system") != "gcj02"
        and index.locate([converted[0]], [converted[1]])[0] != NONE
    ):
        warnings.append(
            Text(
                "The coordinates look like GCJ-02, as Chinese maps give them; mark such with coordinate_system gcj02."
            )
        )
    return warnings
