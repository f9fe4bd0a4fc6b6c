"""Grids with their staff, as they are now and as they were when a period was closed."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from linli_evaluation.sources.domain import LEVELS
from linli_evaluation.sources.grids.domain import DUTIES, GRID_FIELDS, GridContribution
from linli_evaluation.sources.projections.tables import grid, staffing
from linli_evaluation.sources.tables import Source, closing_columns
from linli_evaluation.tables import Column, Select, metadata

closed_grid = sa.Table(
    "closed_grid",
    metadata,
    *closing_columns(),
    sa.Column("grid_code", sa.Text, primary_key=True),
    sa.Column("community_code", sa.Text, nullable=False),
    sa.Column("subdistrict_code", sa.Text, nullable=False),
    sa.Column("district_code", sa.Text, nullable=False),
    sa.Column("households", sa.Integer),
    sa.Column("area_m2", sa.Double, nullable=False),
    sa.Column("full_time", sa.Integer, nullable=False),
    sa.Column("part_time", sa.Integer, nullable=False),
    sa.Column("deputy", sa.Integer, nullable=False),
    sa.Column("event_ids", pg.ARRAY(sa.Uuid), nullable=False),
    comment="The grids and their staff as they stood when the period was closed.",
)


def _staffed_grids() -> Select:
    """Grids with the codes of their regions, active workers by duty, and the events behind it."""
    duties = [
        sa.func.count().filter(staffing.c.active, staffing.c.duty == duty).label(duty)
        for duty in DUTIES
    ]
    staff_events = sa.func.array_agg(
        staffing.c.event_id.op("ORDER BY")(staffing.c.event_id)
    ).filter(staffing.c.event_id.is_not(None))
    event_ids = sa.func.array_prepend(
        grid.c.event_id, sa.func.coalesce(staff_events, sa.text("'{}'::uuid[]"))
    )
    return (
        sa.select(
            grid.c.grid_code,
            sa.func.left(grid.c.grid_code, 12).label("community_code"),
            sa.func.left(grid.c.grid_code, 9).label("subdistrict_code"),
            sa.func.left(grid.c.grid_code, 6).label("district_code"),
            grid.c.households,
            grid.c.area_m2,
            *duties,
            event_ids.label("event_ids"),
        )
        .select_from(grid.outerjoin(staffing, staffing.c.grid_code == grid.c.grid_code))
        .group_by(grid.c.grid_code)
    )


def _evidence(rows: sa.FromClause) -> Sequence[Column]:
    return (rows.c.event_ids,)


GRIDS = Source(
    name="grids",
    fields=GRID_FIELDS,
    levels=LEVELS[:-1],  # a unit has no grids
    timed=False,
    key="grid_code",
    live=_staffed_grids().subquery("staffed"),
    snapshot=closed_grid,
    hashed=("grid_code", "households", "area_m2", *DUTIES),
    contribution=GridContribution,
    evidence=_evidence,
)
