"""The table of duties in grids, and its SQL."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from linli_grid.staffing.domain import Assignment, DutyChange, Staff
from linli_grid.tables import MOMENT, UUID, metadata

assignment = sa.Table(
    "assignment",
    metadata,
    sa.Column("grid_code", sa.Text, sa.ForeignKey("grid.grid_code"), primary_key=True),
    sa.Column("worker_id", UUID, primary_key=True),
    sa.Column("duty", sa.Text, nullable=False),
    sa.Column("assigned_at", MOMENT, nullable=False),
    sa.Index(
        "assignment_held_by_one",
        "grid_code",
        "duty",
        unique=True,
        postgresql_where=sa.text("duty IN ('full_time', 'deputy')"),
    ),
)


def staff_of(connection: sa.Connection, grid_codes: Iterable[str]) -> dict[str, Staff]:
    """The staff of each of these grids; every grid is in the result."""
    workers: dict[str, list[Assignment]] = {code: [] for code in grid_codes}
    query = (
        sa.select(assignment.c.grid_code, assignment.c.worker_id, assignment.c.duty)
        .where(assignment.c.grid_code.in_(list(workers)))
        .order_by(assignment.c.assigned_at, assignment.c.worker_id)
    )
    for code, worker_id, duty in connection.execute(query):
        workers[code].append(Assignment(worker_id, duty))
    return {code: Staff(code, assigned) for code, assigned in workers.items()}


def save_duty(connection: sa.Connection, grid_code: str, change: DutyChange, now: datetime) -> None:
    """Take up or lay down a duty."""
    if change.active:
        connection.execute(
            sa.insert(assignment).values(
                grid_code=grid_code,
                worker_id=change.worker_id,
                duty=change.duty,
                assigned_at=now,
            )
        )
        return
    where = (assignment.c.grid_code == grid_code) & (assignment.c.worker_id == change.worker_id)
    connection.execute(sa.delete(assignment).where(where))
