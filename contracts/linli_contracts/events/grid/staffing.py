"""Events of the workers of grids."""

from __future__ import annotations

from uuid import UUID

from marshmallow import validate

from linli_contracts.fields import code, flag, grid, identifier
from linli_contracts.schema import EventData, event


@event(producer="grid", key="worker_id")
class WorkerAssigned(EventData):
    """A worker was given a duty in a grid, or relieved of it."""

    worker_id: UUID = identifier("The worker's account; never a name.", required=True)
    grid_code: str = grid("The grid.", required=True)
    duty: str = code(
        "Duty in the grid.",
        required=True,
        validate=validate.OneOf(("full_time", "part_time", "deputy")),
    )
    active: bool = flag("False when relieved of the duty.", required=True)
