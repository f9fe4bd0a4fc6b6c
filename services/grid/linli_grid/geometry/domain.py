"""A geometry as it is sent, and what was repaired in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

GeoJson = Mapping[str, object]
"""A GeoJSON geometry as it was sent; `engine.polygons` reads it."""


@dataclass(frozen=True, slots=True)
class Repair:
    """What was repaired in a drawing: the flaw, its place, and the change of area in m²."""

    message: ClassVar[str] = "Repaired: {reason} at {place}; the area changed by {changed} m²."

    reason: str
    place: str
    changed: float
