"""The report on full coverage: overlaps, gaps, repaired drawings, and grids without their worker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from linli_chassis.i18n import Text
from linli_chassis.process.offload import offload
from linli_chassis.storage.unit_of_work import UnitOfWork

from linli_grid.coverage import Overlap, check_coverage
from linli_grid.domain.workers import DEPUTY, FULL_TIME, Assignment
from linli_grid.handlers.answers import loaded_text
from linli_grid.store import grids as store


def report_coverage(uow: UnitOfWork, principal: Any, region_code: str | None) -> dict[str, Any]:
    """Check the grids under a region (the whole district without one) against each other and their
    boundaries.
    """
    region = region_code or uow.district
    principal.must_cover(region)
    shapes = {grid.grid_code: grid.shape for grid in store.located_grids(uow.connection)}
    asked = {code: shape for code, shape in sorted(shapes.items()) if code.startswith(region)}
    others = {code: shape for code, shape in sorted(shapes.items()) if not code.startswith(region)}
    boundaries = store.boundaries_within(uow.connection, region)
    found = offload(check_coverage, asked, others, boundaries, uow.settings.coverage_tolerance_m2)
    rows = store.list_grids(uow.connection, (region,))
    return {
        "region_code": region,
        "tolerance_m2": uow.settings.coverage_tolerance_m2,
        "grids": len(asked),
        "area_m2": round(found.area_m2, 1),
        "overlaps": [_overlap(overlap) for overlap in found.overlaps],
        "gaps": [asdict(gap) for gap in found.gaps],
        "repaired": [
            {"grid_code": r["grid_code"], "detail": loaded_text(r["repair"])}
            for r in rows
            if r["repair"]
        ],
        "findings": _unstaffed(store.staff_of(uow.connection, asked)),
    }


def _overlap(overlap: Overlap) -> dict[str, Any]:
    return {"grid_codes": list(overlap.grid_codes), **asdict(overlap.spot)}


def _unstaffed(staff: Mapping[str, Sequence[Assignment]]) -> list[dict[str, Any]]:
    """To the person (责任到人): grids without a full-time worker, and who stands in."""
    findings = []
    for code, assigned in staff.items():
        by_duty = {a.duty: a.worker_id for a in assigned}
        if FULL_TIME not in by_duty:
            deputy = by_duty.get(DEPUTY)
            said = (
                Text("This grid has no full-time worker; its deputy stands in.")
                if deputy
                else Text("This grid has neither a full-time worker nor a deputy.")
            )
            findings.append(
                {
                    "grid_code": code,
                    "finding": "no_full_time_worker",
                    "deputy_worker_id": deputy,
                    "detail": said,
                }
            )
    return findings
