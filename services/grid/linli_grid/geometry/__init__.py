"""Polygons: read from GeoJSON, repaired, measured, and compared with each other.

Knows neither database nor HTTP, and imports neither: a process that computes loads this within a
third of a second, where a service takes several.
"""

from linli_grid.geometry.domain import GeoJson, Repair
from linli_grid.geometry.engine.coverage import Coverage, Overlap, Spot, check_coverage
from linli_grid.geometry.engine.polygons import (
    Area,
    Drawing,
    ReadArea,
    area_m2,
    count_positions,
    measure,
    metres_per_degree,
    or_refusal,
    read_shape,
    repair,
    repair_all,
    to_geojson,
)

__all__ = [
    "Area",
    "Coverage",
    "Drawing",
    "GeoJson",
    "Overlap",
    "ReadArea",
    "Repair",
    "Spot",
    "area_m2",
    "check_coverage",
    "count_positions",
    "measure",
    "metres_per_degree",
    "or_refusal",
    "read_shape",
    "repair",
    "repair_all",
    "to_geojson",
]
