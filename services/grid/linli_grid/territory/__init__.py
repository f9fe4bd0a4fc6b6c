"""The ground: grids with their shapes, boundaries of communities, and which grid a place lies in.

It knows the communities from the organization service, draws grids and boundaries, reports how
seamless they cover the ground, and locates places in them. Every process keeps an index of all
grids, made anew when one has changed.
"""

from linli_grid.geometry import metres_per_degree
from linli_grid.territory.domain import LOCATED
from linli_grid.territory.engine.placing import Placement, Point, point_of
from linli_grid.territory.queries import locate, locate_all
from linli_grid.territory.tables import VERSION, grid_exists, lock_grid

__all__ = [
    "LOCATED",
    "VERSION",
    "Placement",
    "Point",
    "grid_exists",
    "locate",
    "locate_all",
    "lock_grid",
    "metres_per_degree",
    "point_of",
]
