"""Commands about units."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from linli_chassis.http import Principal
from linli_chassis.storage.unit_of_work import UnitOfWork
from linli_contracts.events.organization.units import UnitRegistered

from linli_organization import store
from linli_organization.domain.errors import NotFound
from linli_organization.handlers.batch import Batch, Item
from linli_organization.handlers.scope import must_be_known, must_cover
from linli_organization.identity import unit_id
from linli_organization.store import Row

_TOLD = ("unit_id", "name", "kind", "region_code")


def register_units(uow: UnitOfWork, caller: Principal, batch: Batch) -> dict[str, Any]:
    """Register units, or correct what is known of them, by their external reference."""
    batch.put(
        lambda item: {
            "unit_id": unit_id(uow.district, item["external_ref"]),
            **item,
            "updated_at": uow.now,
        }
    )
    batch.only_once("external_ref")
    known = store.known_regions(uow.connection, {row["region_code"] for row in batch.items})
    before = store.units_by_id(uow.connection, [row["unit_id"] for row in batch.items])

    def region(row: Item) -> None:
        must_cover(caller, row["region_code"], "/region_code")
        must_be_known(row["region_code"], known, "/region_code")
        if (
            row["unit_id"] in before
        ):  # or a caller could take over another region's unit by its reference
            must_cover(caller, before[row["unit_id"]]["region_code"], "/external_ref")

    batch.put(region)
    rows = {row["unit_id"]: row for row in batch.items}
    written = store.save(uow.connection, store.units, list(rows.values()))
    for key in written:
        uow.emit(UnitRegistered, key, {name: rows[key][name] for name in _TOLD})
    return batch.answer(len(written))


def register_unit(uow: UnitOfWork, caller: Principal, item: Item) -> Row:
    """Register one unit; the unit as it stands then. Raises what `register_units` would list as
    refused.
    """
    register_units(uow, caller, Batch.of_one(item))
    return find(uow, unit_id(uow.district, item["external_ref"]))


def find(uow: UnitOfWork, key: UUID) -> Row:
    """A unit. Raises `NotFound`."""
    found = store.units_by_id(uow.connection, [key])
    if key not in found:
        raise NotFound("There is no unit {unit_id}.", unit_id=key)
    return found[key]
