"""The workers of grids: who has which duty, and who answers for a grid (责任到人).

What other features read is here. The commands lock the grid whose staff they change, which is why
they are not part of the door: territory, which owns grids, shows their staff.
"""

from linli_grid.staffing.domain import Assignment, Staff, worker_id_of
from linli_grid.staffing.queries import StaffFinding, find_unstaffed
from linli_grid.staffing.schemas import AssignmentResponse, FindingResponse
from linli_grid.staffing.tables import staff_of

__all__ = [
    "Assignment",
    "AssignmentResponse",
    "FindingResponse",
    "Staff",
    "StaffFinding",
    "find_unstaffed",
    "staff_of",
    "worker_id_of",
]
