"""What indicators may ask of a grid."""

from __future__ import annotations

from dataclasses import dataclass

from linli_evaluation.sources.domain import Contribution, FieldKind

DUTIES = ("full_time", "part_time", "deputy")

GRID_FIELDS: dict[str, FieldKind] = {
    "grid_code": "text",
    "full_time": "number",
    "part_time": "number",
    "deputy": "number",
    "households": "number",
    "area_m2": "number",
}
"""How many workers of each duty a grid has now, and its size."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GridContribution(Contribution):
    """What one grid adds to an indicator."""
