"""Events of grids."""

from __future__ import annotations

from collections.abc import Mapping

from linli_contracts.fields import count, grid, name, number, place, region
from linli_contracts.schema import EventData, event


@event(producer="grid", key="grid_code")
class GridDrawn(EventData):
    """A grid was drawn or redrawn. The polygon stays with the grid service; ask it there."""

    grid_code: str = grid("The grid.", required=True)
    community_code: str = region(
        "The community it belongs to: the first 12 digits of its code.", required=True
    )
    name: str = name("Name of the grid.", required=True)
    households: int | None = count(
        "Households in it; null when not counted yet.", required=True, allow_none=True
    )
    area_m2: float = number(required=True, metadata={"description": "Area in square metres."})
    centre: Mapping[str, float] | None = place(required=True)
