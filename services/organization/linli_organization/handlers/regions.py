"""Commands about divisions."""

from __future__ import annotations

from typing import Any

from linli_chassis.http import Principal
from linli_chassis.storage.unit_of_work import UnitOfWork
from linli_contracts.events.organization.regions import RegionRegistered

from linli_organization import store
from linli_organization.domain import regions
from linli_organization.domain.errors import OrganizationError
from linli_organization.handlers.batch import Batch, Item
from linli_organization.handlers.scope import must_be_known, must_cover

_TOLD = ("region_code", "name", "level", "parent_code")


def register_regions(uow: UnitOfWork, caller: Principal, batch: Batch) -> dict[str, Any]:
    """Register divisions, or correct their names; a parent may stand in the same batch, before or
    after.
    """

    def division(item: Item) -> Item:
        try:
            code = regions.below(item["code"], uow.district)
        except OrganizationError as error:
            error.pointer = "/code"
            raise
        must_cover(caller, item["code"], "/code")
        row = {
            "region_code": str(code),
            "name": item["name"],
            "level": code.level,
            "parent_code": code.parent_code,
        }
        return {**row, "updated_at": uow.now}

    batch.put(division)
    batch.only_once("region_code")
    _refuse_orphans(uow, batch)
    rows = {row["region_code"]: row for row in batch.items}
    written = store.save(uow.connection, store.regions, list(rows.values()))
    # Parents first: who reads the events in their order meets no child without its parent.
    for code in sorted(written, key=lambda code: (len(code), code)):
        uow.emit(RegionRegistered, code, {name: rows[code][name] for name in _TOLD})
    return batch.answer(len(written))


def _refuse_orphans(uow: UnitOfWork, batch: Batch) -> None:
    parents = {row["parent_code"] for row in batch.items if row["parent_code"]}
    known = store.known_regions(uow.connection, parents)
    given = {row["region_code"]: row["parent_code"] for row in batch.items}
    for code in sorted(given, key=len):  # a child whose parent is refused is refused too
        if given[code] is None or given[code] in known:
            known.add(code)

    def has_parent(row: Item) -> None:
        if row["parent_code"]:
            must_be_known(row["parent_code"], known, "/code")

    batch.put(has_parent)
