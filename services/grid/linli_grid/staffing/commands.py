"""Giving workers their duties in a grid, and relieving them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from linli_contracts.events.grid.staffing import WorkerAssigned
from linli_contracts.identity import Actor
from linli_kernel.errors import NotFound

from linli_grid.settings import Uow
from linli_grid.staffing import tables
from linli_grid.staffing.domain import AssignWorker, DutyChange, Staff, assign
from linli_grid.territory import lock_grid


def assign_worker(
    uow: Uow, actor: Actor, grid_code: str, worker_id: UUID, command: AssignWorker
) -> Staff:
    """Give a worker a duty in a grid; a duty the worker had there before is laid down.

    Raises:
        NotFound: there is no such grid.
        DutyTaken: another worker has a duty that only one may have.
    """
    staff = _locked_staff(uow, actor, grid_code)
    return _apply(uow, grid_code, assign(staff, worker_id, command.duty))


def relieve_worker(uow: Uow, actor: Actor, grid_code: str, worker_id: UUID) -> Staff:
    """Relieve a worker of the duty in a grid.

    Raises:
        NotFound: there is no such grid, or the worker has no duty in it.
    """
    duty = _locked_staff(uow, actor, grid_code).duty_of(worker_id)
    if duty is None:
        raise NotFound(
            "Worker {worker} has no duty in grid {code}.", worker=str(worker_id), code=grid_code
        )
    return _apply(uow, grid_code, [DutyChange(worker_id, duty, active=False)])


def _locked_staff(uow: Uow, actor: Actor, grid_code: str) -> Staff:
    """The staff of a grid, which is locked so that duties are given one by one."""
    actor.must_cover(grid_code)
    if not lock_grid(uow.connection, grid_code):
        raise NotFound("There is no grid {code}.", code=grid_code)
    return tables.staff_of(uow.connection, [grid_code])[grid_code]


def _apply(uow: Uow, grid_code: str, changes: Sequence[DutyChange]) -> Staff:
    for change in changes:
        tables.save_duty(uow.connection, grid_code, change, uow.now)
        uow.emit(
            WorkerAssigned(
                worker_id=change.worker_id,
                grid_code=grid_code,
                duty=change.duty,
                active=change.active,
            )
        )
    return tables.staff_of(uow.connection, [grid_code])[grid_code]
