"""Giving workers their duties in a grid, and relieving them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from linli_chassis.storage.unit_of_work import UnitOfWork
from linli_contracts.events.grid.staffing import WorkerAssigned

from linli_grid.domain.errors import NotFound
from linli_grid.domain.workers import Change, assign, responsible
from linli_grid.store import grids as store


def assign_worker(
    uow: UnitOfWork, principal: Any, grid_code: str, worker_id: UUID, duty: str
) -> dict[str, Any]:
    """Give a worker a duty in a grid; a duty the worker had there before is laid down."""
    _lock(uow, principal, grid_code)
    staff = store.staff_of(uow.connection, [grid_code])[grid_code]
    return _apply(uow, grid_code, assign(staff, worker_id, duty))


def relieve_worker(
    uow: UnitOfWork, principal: Any, grid_code: str, worker_id: UUID
) -> dict[str, Any]:
    """Relieve a worker of the duty in a grid."""
    _lock(uow, principal, grid_code)
    staff = store.staff_of(uow.connection, [grid_code])[grid_code]
    duty = next((a.duty for a in staff if a.worker_id == worker_id), None)
    if duty is None:
        raise NotFound(
            "Worker {worker} has no duty in grid {code}.", worker=str(worker_id), code=grid_code
        )
    return _apply(uow, grid_code, [Change(worker_id, duty, active=False)])


def _lock(uow: UnitOfWork, principal: Any, grid_code: str) -> None:
    principal.must_cover(grid_code)
    if not store.lock_grid(uow.connection, grid_code):
        raise NotFound("There is no grid {code}.", code=grid_code)


def _apply(uow: UnitOfWork, grid_code: str, changes: Sequence[Change]) -> dict[str, Any]:
    for change in changes:
        store.change_duty(uow.connection, grid_code, change, uow.now)
        told = {
            "worker_id": change.worker_id,
            "grid_code": grid_code,
            "duty": change.duty,
            "active": change.active,
        }
        uow.emit(WorkerAssigned, change.worker_id, told)
    staff = store.staff_of(uow.connection, [grid_code])[grid_code]
    return {"grid_code": grid_code, "workers": staff, "responsible_worker_id": responsible(staff)}
