"""Grids and the boundaries of communities: their records, commands and codes.

A grid code is twelve digits of the community and the grid's own two (CJ/T 349) or three (GB/T
34300).
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from datetime import datetime

from linli_kernel.codes import DIGITS, Level, RegionCode

from linli_grid.errors import BadGridCode
from linli_grid.geometry import GeoJson, Repair

LOCATED, OUTSIDE, UNPLACED = "located", "outside", "unplaced"
"""In a grid; at a place outside all grids; without a place."""

UNREGISTERED = (
    "Community {community} is not registered. Register it first, in the organization service."
)


@dataclass(frozen=True, slots=True)
class DrawGrid:
    """Draw a grid, or draw it anew."""

    grid_code: str
    name: str
    households: int | None
    geometry: GeoJson


@dataclass(frozen=True, slots=True)
class SetBoundary:
    """Set the boundary that the grids of a community are to cover."""

    geometry: GeoJson


@dataclass(frozen=True, kw_only=True)
class Grid:
    """A grid without its shape. The point lies inside it, in WGS-84 degrees."""

    grid_code: str
    community_code: str
    name: str
    households: int | None
    area_m2: float
    longitude: float
    latitude: float
    repair: Repair | None
    drawn_at: datetime


@dataclass(frozen=True, kw_only=True)
class DrawnGrid(Grid):
    """A grid with its shape, as WKB in WGS-84 degrees."""

    shape: bytes

    def is_same_as(self, other: DrawnGrid | None) -> bool:
        """Whether drawing one over the other changes nothing."""
        return other is not None and (
            (self.shape, self.name, self.households, self.repair)
            == (other.shape, other.name, other.households, other.repair)
        )


def check_grid_code(grid_code: str, own_digits: int, communities: Container[str]) -> RegionCode:
    """The community of a grid code that keeps the rules.

    Args:
        own_digits: How many digits follow those of the community: 2 or 3.
        communities: Codes of the registered communities. Every point belongs to one community
            (territorial principle), so a grid of none is refused.
    Raises:
        BadGridCode: with the rule it breaks.
    """
    digits = DIGITS[Level.COMMUNITY] + own_digits
    if len(grid_code) != digits or not (grid_code.isascii() and grid_code.isdigit()):
        raise BadGridCode(
            "A grid code has {wanted} digits here: 12 of its community and {own} of its own; "
            "{code} has {length}.",
            pointer="/grid_code",
            wanted=digits,
            own=own_digits,
            code=grid_code,
            length=len(grid_code),
        )
    community = community_of(grid_code)
    if community not in communities:
        raise BadGridCode(UNREGISTERED, pointer="/grid_code", community=community)
    return community


def community_of(grid_code: str) -> RegionCode:
    """The community a grid belongs to. Raises `InvalidRegionCode` unless it is a grid code."""
    return RegionCode(grid_code).lineage[-2]
