"""Commands about the resources that units offer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from linli_chassis.http import Principal
from linli_chassis.storage.unit_of_work import UnitOfWork
from linli_contracts.events.organization.resources import (
    ResourceChanged,
    ResourceOffered,
    ResourceWithdrawn,
)
from linli_contracts.fields import coarse
from linli_contracts.schema import EventData

from linli_organization import store
from linli_organization.domain import resources
from linli_organization.domain.errors import NotFound, ResourceIsWithdrawn, UnknownUnit
from linli_organization.domain.resources import OFFERED, WITHDRAWN
from linli_organization.handlers.batch import Batch, Item
from linli_organization.handlers.scope import must_be_known, must_cover
from linli_organization.identity import resource_id, unit_id
from linli_organization.store import Row

_TOLD = (
    "resource_id",
    "unit_id",
    "services",
    "capacity_per_day",
    "covers",
    "hours",
    "languages",
    "skills",
)
_BOOKKEEPING = ("state", "withdrawn_because", "updated_at")


def offer_resources(uow: UnitOfWork, caller: Principal, batch: Batch) -> dict[str, Any]:
    """Offer resources, or change what is offered, by their external reference."""
    batch.put(lambda item: _row(uow, item))
    batch.only_once("external_ref")
    _refuse_foreign_units(uow, caller, batch)
    _refuse_unknown_covers(uow, batch)
    before = store.resources_by_id(
        uow.connection, [row["resource_id"] for row in batch.items], lock=True
    )
    batch.put(lambda row: _may_replace(caller, before.get(row["resource_id"]), row))
    offered = [row for row in batch.items if not _is_withdrawn(before.get(row["resource_id"]))]
    return batch.answer(_save(uow, offered, before))


def offer_resource(uow: UnitOfWork, caller: Principal, item: Item) -> Row:
    """Offer one resource; the resource as it stands then. Raises what `offer_resources` would list
    as refused.
    """
    offer_resources(uow, caller, Batch.of_one(item))
    return find(uow, resource_id(uow.district, item["external_ref"]))


def change_resource(uow: UnitOfWork, caller: Principal, key: UUID, offer: Item) -> Row:
    """Change what a resource offers; one that was withdrawn is offered again.

    Raises:
        NotFound, NotAllowed, Invalid: nothing is changed then.
    """
    before = find(uow, key, lock=True)
    _must_command(caller, before)
    kept = {name: before[name] for name in ("external_ref", "unit_ref")}
    batch = Batch.of_one(_row(uow, {**kept, **offer}))
    _refuse_unknown_covers(uow, batch)
    _save(uow, batch.items, {key: before})
    return find(uow, key)


def withdraw_resource(uow: UnitOfWork, caller: Principal, key: UUID, reason: str) -> Row:
    """Withdraw a resource; once it is withdrawn, nothing. Raises `NotFound` or `NotAllowed`."""
    before = find(uow, key, lock=True)
    _must_command(caller, before)
    if _is_withdrawn(before):
        return before
    store.withdraw(uow.connection, key, {"withdrawn_because": reason, "updated_at": uow.now})
    uow.emit(
        ResourceWithdrawn, key, {"resource_id": key, "unit_id": before["unit_id"], "reason": reason}
    )
    return find(uow, key)


def find(uow: UnitOfWork, key: UUID, *, lock: bool = False) -> Row:
    """A resource with the reference and region of its unit, locked if it will be changed. Raises
    `NotFound`.
    """
    found = store.resources_by_id(uow.connection, [key], lock=lock)
    if key not in found:
        raise NotFound("There is no resource {resource_id}.", resource_id=key)
    return found[key]


def _row(uow: UnitOfWork, item: Item) -> Item:
    resources.check(item, uow.settings.services)
    row = resources.normal(item)
    ids = {
        "resource_id": resource_id(uow.district, row["external_ref"]),
        "unit_id": unit_id(uow.district, row["unit_ref"]),
    }
    return {**ids, **row, "state": OFFERED, "withdrawn_because": None, "updated_at": uow.now}


def _refuse_foreign_units(uow: UnitOfWork, caller: Principal, batch: Batch) -> None:
    units = store.units_by_id(uow.connection, {row["unit_id"] for row in batch.items})

    def of_known_unit(row: Item) -> None:
        unit = units.get(row["unit_id"])
        if unit is None:
            raise UnknownUnit(
                "There is no unit {unit_ref}.", unit_ref=row["unit_ref"], pointer="/unit_ref"
            )
        must_cover(caller, unit["region_code"], "/unit_ref")

    batch.put(of_known_unit)


def _refuse_unknown_covers(uow: UnitOfWork, batch: Batch) -> None:
    known = store.known_regions(
        uow.connection, {code for row in batch.items for code in row["covers"]}
    )

    def covers_known(row: Item) -> None:
        for code in row["covers"]:
            must_be_known(code, known, "/covers")

    batch.put(covers_known)


def _may_replace(caller: Principal, before: Row | None, row: Item) -> None:
    if before is None:
        return
    must_cover(caller, before["unit_region_code"], "/external_ref")
    if _is_withdrawn(before) and any(
        before[name] != row[name] for name in row if name not in _BOOKKEEPING
    ):
        raise ResourceIsWithdrawn(
            "{external_ref} was withdrawn; change it by its id to offer it again.", **_ref(row)
        )


def _must_command(caller: Principal, resource: Row) -> None:
    if caller.roles.isdisjoint(("operator", "admin")):
        resources.must_be_own(resource["unit_id"], caller.unit_id)
    else:
        must_cover(caller, resource["unit_region_code"])


def _save(uow: UnitOfWork, rows: Iterable[Item], before: Mapping[UUID, Row]) -> int:
    stored = {
        row["resource_id"]: {name: value for name, value in row.items() if name != "unit_ref"}
        for row in rows
    }
    written = store.save(uow.connection, store.resources, list(stored.values()))
    for key, is_new in written.items():
        schema: type[EventData] = (
            ResourceOffered if is_new or _is_withdrawn(before.get(key)) else ResourceChanged
        )
        uow.emit(schema, key, _state(stored[key]))
    return len(written)


def _state(row: Row) -> dict[str, Any]:
    place = None if row["longitude"] is None else coarse(row["longitude"], row["latitude"])
    return {name: row[name] for name in _TOLD} | {"place": place}


def _is_withdrawn(resource: Row | None) -> bool:
    return resource is not None and resource["state"] == WITHDRAWN


def _ref(row: Row) -> dict[str, Any]:
    return {"external_ref": row["external_ref"], "pointer": "/external_ref"}
