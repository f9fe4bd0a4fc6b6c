"""The workers of grids: who has which duty, and who answers for a grid (责任到人).

Exactly one worker of a grid is full-time, any number part-time, at most one the deputy, who stands
in without a full-time one. Territory shows the staff of its grids, requests who is responsible.
"""

from linli_grid.staffing.domain import Staff, worker_id_of
from linli_grid.staffing.queries import StaffFinding, find_unstaffed
from linli_grid.staffing.schemas import AssignmentResponse, FindingResponse
from linli_grid.staffing.tables import staff_of

__all__ = [
    "AssignmentResponse",
    "FindingResponse",
    "Staff",
    "StaffFinding",
    "find_unstaffed",
    "staff_of",
    "worker_id_of",
]
