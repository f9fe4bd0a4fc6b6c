"""Read models of what other services publish: regions, units, grids, and the resources on offer.

Each row is the newest event of its aggregate, in whatever order events come. Resources are
subscribed by `matching`, which gives them out; their rows are here.
"""

from linli_service_desk.projections.commands import remove_resources, upsert_resources
from linli_service_desk.projections.queries import (
    Resource,
    grid_centres,
    place_names,
    resources_on_offer,
    unit_names,
)

__all__ = [
    "Resource",
    "grid_centres",
    "place_names",
    "remove_resources",
    "resources_on_offer",
    "unit_names",
    "upsert_resources",
]
