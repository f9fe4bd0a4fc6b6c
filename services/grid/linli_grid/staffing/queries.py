"""Which grids lack a worker."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from linli_chassis.i18n import Text

from linli_grid.staffing.domain import DEPUTY, FULL_TIME
from linli_grid.staffing.tables import staff_of


@dataclass(frozen=True, slots=True)
class StaffFinding:
    """A grid that is not staffed as it should be, and who stands in."""

    grid_code: str
    finding: str
    deputy_worker_id: UUID | None
    detail: Text


def find_unstaffed(connection: sa.Connection, grid_codes: Iterable[str]) -> list[StaffFinding]:
    """Those of these grids that have no full-time worker."""
    return [
        _no_full_time_worker(staff.grid_code, staff.holder_of(DEPUTY))
        for staff in staff_of(connection, grid_codes).values()
        if staff.holder_of(FULL_TIME) is None
    ]


def _no_full_time_worker(grid_code: str, deputy: UUID | None) -> StaffFinding:
    detail = (
        Text("This grid has no full-time worker; its deputy stands in.")
        if deputy
        else Text("This grid has neither a full-time worker nor a deputy.")
    )
    return StaffFinding(grid_code, "no_full_time_worker", deputy, detail)
