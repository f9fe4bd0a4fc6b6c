"""Commands about units."""

from __future__ import annotations

from linli_chassis.http import Actor, Batch, ImportResult
from linli_contracts.events.organization.units import UnitRegistered

from linli_organization import ids
from linli_organization.errors import ForeignRegion
from linli_organization.regions import refuse_unregistered
from linli_organization.settings import Uow
from linli_organization.tables import save
from linli_organization.units.domain import RegisterUnit, Unit, unit_of
from linli_organization.units.tables import units, units_by_id


def register_units(uow: Uow, actor: Actor, batch: Batch[RegisterUnit]) -> ImportResult:
    """Register units by their external references, or correct what is known of them."""
    registered = batch.map(lambda command: _unit(uow, command))
    registered = registered.unique(lambda unit: unit.external_ref)
    registered = _refuse_misplaced(uow, actor, registered)
    saved = save(uow.connection, units, registered.items, uow.now)
    for unit, _ in saved:
        uow.emit(
            UnitRegistered(
                unit_id=unit.unit_id,
                name=unit.name,
                kind=unit.kind,
                region_code=unit.region_code,
            )
        )
    return registered.result(len(saved))


def register_unit(uow: Uow, actor: Actor, command: RegisterUnit) -> Unit:
    """Register one unit. Raises what `register_units` would list as refused."""
    register_units(uow, actor, Batch.of_one(command))
    return _unit(uow, command)


def _unit(uow: Uow, command: RegisterUnit) -> Unit:
    return unit_of(command, ids.unit_id(uow.district, command.external_ref))


def _refuse_misplaced(uow: Uow, actor: Actor, batch: Batch[Unit]) -> Batch[Unit]:
    before = units_by_id(uow.connection, [unit.unit_id for unit in batch.items])
    batch = batch.within(actor, lambda unit: unit.region_code, ForeignRegion, "/region_code")
    batch = refuse_unregistered(uow, batch, lambda unit: [unit.region_code], "/region_code")

    # Or a caller could take over a unit of another region by its reference.
    def earlier_region(unit: Unit) -> str:
        return before.get(unit.unit_id, unit).region_code

    return batch.within(actor, earlier_region, ForeignRegion, "/external_ref")
