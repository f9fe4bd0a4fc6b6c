"""Drawing grids and boundaries, and looking at grids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import shapely
from linli_chassis.http import import_response
from linli_chassis.process.offload import offload
from linli_chassis.storage.unit_of_work import UnitOfWork
from linli_contracts.events.grid.territory import GridDrawn
from linli_contracts.fields import coarse

from linli_grid.domain.codes import check_grid_code, community_of
from linli_grid.domain.errors import BadGeometry, BadGridCode, Invalid, NotFound, NotYours
from linli_grid.domain.workers import Assignment, responsible
from linli_grid.geometry import ReadArea, read_area
from linli_grid.handlers.answers import loaded_text, refused, stored_text
from linli_grid.store import grids as store

Items = Sequence[tuple[int, Mapping[str, Any]]]


def import_grids(
    uow: UnitOfWork, principal: Any, items: Items, bad: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Draw or redraw many grids; good ones are taken, bad ones listed, the same ones again change
    nothing.
    """
    readings = offload(_read_all, [item["geometry"] for _, item in items])
    communities = store.known_communities(
        uow.connection, [community_of(item["grid_code"]) for _, item in items]
    )
    before = store.grids_by_code(uow.connection, [item["grid_code"] for _, item in items])
    drawn: dict[str, dict[str, Any]] = {}
    bad, repaired = [*bad], []
    for (index, item), reading in zip(items, readings, strict=True):
        try:
            _may_draw(uow, principal, item["grid_code"], communities, drawn)
            row = _row(uow, item, reading)
        except (Invalid, NotYours) as error:
            bad.append(refused(index, error))
            continue
        drawn[item["grid_code"]] = row
        if row["repair"]:
            repaired.append({"index": index, "detail": loaded_text(row["repair"])})
    changed = [row for code, row in drawn.items() if not _same(before.get(code), row)]
    _save(uow, changed)
    return import_response(len(changed), len(drawn) - len(changed), bad, repaired=repaired)


def set_boundary(
    uow: UnitOfWork, principal: Any, community_code: str, geometry: Mapping[str, Any]
) -> dict[str, Any]:
    """Set the boundary that the grids of a community are to cover."""
    principal.must_cover(community_code)
    if not store.known_communities(uow.connection, [community_code]):
        raise NotFound(
            "Community {community} is not registered. Register it first, in the organization service.",
            community=community_code,
        )
    read = offload(read_area, geometry)
    row = {
        "community_code": community_code,
        "shape": read.shape.wkb,
        "area_m2": read.area_m2,
        "drawn_at": uow.now,
    }
    store.save_boundary(uow.connection, row)
    return {
        "community_code": community_code,
        "area_m2": round(read.area_m2, 1),
        "repaired": read.repair,
    }


def list_grids(
    uow: UnitOfWork, principal: Any, query: Mapping[str, Any], after: Sequence[str] | None
) -> list[dict[str, Any]]:
    """Grids under a region and within the caller's; one more than the limit, if there is one."""
    prefixes = (query["region_code"] or "", principal.region)
    rows = store.list_grids(
        uow.connection, prefixes, after[0] if after else None, query["limit"] + 1
    )
    staff = store.staff_of(uow.connection, [row["grid_code"] for row in rows])
    return [_shown(row, staff[row["grid_code"]]) for row in rows]


def get_grid(uow: UnitOfWork, principal: Any, grid_code: str) -> dict[str, Any]:
    """One grid with its shape and its workers."""
    principal.must_cover(grid_code)
    row = store.find_grid(uow.connection, grid_code)
    if row is None:
        raise NotFound("There is no grid {code}.", code=grid_code)
    staff = store.staff_of(uow.connection, [grid_code])[grid_code]
    shape = shapely.from_wkb(bytes(row["shape"]))
    return {**_shown(row, staff), "workers": staff, "geometry": shapely.geometry.mapping(shape)}


def _read_all(geometries: Sequence[Mapping[str, Any]]) -> list[ReadArea | BadGeometry]:
    readings: list[ReadArea | BadGeometry] = []
    for geometry in geometries:
        try:
            readings.append(read_area(geometry))
        except BadGeometry as error:
            readings.append(error)
    return readings


def _may_draw(
    uow: UnitOfWork, principal: Any, grid_code: str, communities: set[str], drawn: Mapping[str, Any]
) -> None:
    check_grid_code(grid_code, uow.settings.grid_digits, communities)
    if not principal.covers(grid_code):
        raise NotYours("This grid is outside your region.", pointer="/grid_code")
    if grid_code in drawn:
        raise BadGridCode("An earlier item has this grid code already.", pointer="/grid_code")


def _row(
    uow: UnitOfWork, item: Mapping[str, Any], reading: ReadArea | BadGeometry
) -> dict[str, Any]:
    if isinstance(reading, BadGeometry):
        raise reading
    inside = reading.shape.representative_point()
    return {
        "grid_code": item["grid_code"],
        "community_code": community_of(item["grid_code"]),
        "name": item["name"],
        "households": item.get("households"),
        "shape": reading.shape.wkb,
        "area_m2": reading.area_m2,
        "longitude": inside.x,
        "latitude": inside.y,
        "repair": stored_text(reading.repair),
        "drawn_at": uow.now,
    }


def _same(before: Mapping[str, Any] | None, row: Mapping[str, Any]) -> bool:
    if before is None:
        return False
    told = ("name", "households", "repair")
    return bytes(before["shape"]) == row["shape"] and all(
        before[name] == row[name] for name in told
    )


def _save(uow: UnitOfWork, rows: Sequence[Mapping[str, Any]]) -> None:
    if not rows:
        return
    store.save_grids(uow.connection, rows)
    for row in rows:
        told = {name: row[name] for name in ("grid_code", "community_code", "name", "households")}
        place = coarse(row["longitude"], row["latitude"])
        uow.emit(
            GridDrawn,
            row["grid_code"],
            {**told, "area_m2": round(row["area_m2"], 1), "centre": place},
        )


def _shown(row: Mapping[str, Any], staff: Sequence[Assignment]) -> dict[str, Any]:
    return {
        **row,
        "repaired": loaded_text(row["repair"]),
        "responsible_worker_id": responsible(staff),
    }
