"""Duties in a grid: exactly one full-time worker, any number of part-time ones, at most one deputy
(责任到人).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID, uuid5

from linli_grid.domain.errors import DutyTaken

FULL_TIME, PART_TIME, DEPUTY = "full_time", "part_time", "deputy"
DUTIES = (FULL_TIME, PART_TIME, DEPUTY)
HELD_BY_ONE = frozenset({FULL_TIME, DEPUTY})


_ACCOUNTS = UUID(
    "7a4d5a38-2c1c-5b0a-9d4b-6f0f5b1c7e11"
)  # namespace of the ids below; never change it


def worker_id_of(district: str, account: str) -> UUID:
    """The id of a worker's account: the account itself where it is a UUID, else one that always
    follows from it.
    """
    try:
        return UUID(account)
    except ValueError:
        return uuid5(_ACCOUNTS, f"{district}/{account}")


@dataclass(frozen=True, slots=True)
class Assignment:
    """A worker's duty in one grid; a worker has one duty in a grid."""

    worker_id: UUID
    duty: str


@dataclass(frozen=True, slots=True)
class Change:
    """A duty taken up (`active`) or laid down."""

    worker_id: UUID
    duty: str
    active: bool


def assign(assigned: Iterable[Assignment], worker_id: UUID, duty: str) -> list[Change]:
    """What changes when a worker of a grid is given a duty; nothing when the worker has it already.

    Raises:
        DutyTaken: another worker has a duty that only one may have; says who.
    """
    staff = list(assigned)
    holder = next((a.worker_id for a in staff if a.duty == duty and a.worker_id != worker_id), None)
    if holder and duty in HELD_BY_ONE:
        raise DutyTaken(
            "Worker {holder} is the {duty} worker of this grid; relieve that one first.",
            pointer="/duty",
            holder=str(holder),
            duty=duty,
        )
    before = next((a.duty for a in staff if a.worker_id == worker_id), None)
    if before == duty:
        return []
    laid_down = [Change(worker_id, before, active=False)] if before else []
    return [*laid_down, Change(worker_id, duty, active=True)]


def responsible(assigned: Iterable[Assignment]) -> UUID | None:
    """Whose a request in this grid is: the full-time worker's, without one the deputy's, else
    nobody's by name.
    """
    by_duty = {a.duty: a.worker_id for a in assigned}
    return by_duty.get(FULL_TIME) or by_duty.get(DEPUTY)
