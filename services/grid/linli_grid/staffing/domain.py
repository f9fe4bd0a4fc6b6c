"""Duties in a grid (责任到人): one full-time worker, any number part-time, at most one deputy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid5

from linli_grid.errors import DutyTaken

FULL_TIME, PART_TIME, DEPUTY = "full_time", "part_time", "deputy"
DUTIES = (FULL_TIME, PART_TIME, DEPUTY)
HELD_BY_ONE = frozenset({FULL_TIME, DEPUTY})

_ACCOUNTS = UUID("7a4d5a38-2c1c-5b0a-9d4b-6f0f5b1c7e11")
"""Namespace of the ids of accounts; never change it."""


@dataclass(frozen=True, slots=True)
class AssignWorker:
    """Give a worker a duty in a grid."""

    duty: str


@dataclass(frozen=True, slots=True)
class Assignment:
    """A worker's duty in one grid; a worker has one duty in a grid."""

    worker_id: UUID
    duty: str


@dataclass(frozen=True, slots=True)
class DutyChange:
    """A duty taken up (`active`) or laid down."""

    worker_id: UUID
    duty: str
    active: bool


@dataclass(frozen=True, slots=True)
class Staff:
    """The workers of a grid, in the order in which they were assigned."""

    grid_code: str
    workers: Sequence[Assignment] = ()

    def holder_of(self, duty: str) -> UUID | None:
        """The worker with a duty; of several part-time ones the first."""
        return next((a.worker_id for a in self.workers if a.duty == duty), None)

    def duty_of(self, worker_id: UUID) -> str | None:
        """The duty of a worker; None without one."""
        return next((a.duty for a in self.workers if a.worker_id == worker_id), None)

    @property
    def responsible_worker_id(self) -> UUID | None:
        """Whose the requests are: the full-time worker's, else the deputy's, else nobody's."""
        return self.holder_of(FULL_TIME) or self.holder_of(DEPUTY)


def assign(staff: Staff, worker_id: UUID, duty: str) -> list[DutyChange]:
    """What changes when a worker of a grid is given a duty; nothing when the worker has it already.

    Raises:
        DutyTaken: another worker has a duty that only one may have; says who.
    """
    holder = staff.holder_of(duty)
    if duty in HELD_BY_ONE and holder not in (None, worker_id):
        raise DutyTaken(holder=str(holder), duty=duty)
    before = staff.duty_of(worker_id)
    if before == duty:
        return []
    laid_down = [DutyChange(worker_id, before, active=False)] if before else []
    return [*laid_down, DutyChange(worker_id, duty, active=True)]


def worker_id_of(district: str, account: str) -> UUID:
    """The id of a worker: the account itself where it is a UUID, else one derived from it."""
    try:
        return UUID(account)
    except ValueError:
        return uuid5(_ACCOUNTS, f"{district}/{account}")
