"""Commands about divisions."""

from __future__ import annotations

from linli_chassis.http import Actor, Batch, ImportResult
from linli_contracts.events.organization.regions import RegionRegistered

from linli_organization.errors import ForeignRegion
from linli_organization.regions.domain import (
    Region,
    RegisterRegion,
    must_be_registered,
    region_of,
    with_parents,
)
from linli_organization.regions.tables import regions, registered_codes
from linli_organization.settings import Uow
from linli_organization.tables import save


def register_regions(uow: Uow, actor: Actor, batch: Batch[RegisterRegion]) -> ImportResult:
    """Register divisions, or correct their names.

    A parent may stand in the same batch, before or after its children.
    """
    divisions = batch.map(lambda command: region_of(command, uow.district))
    divisions = divisions.within(actor, lambda region: region.region_code, ForeignRegion, "/code")
    divisions = divisions.unique(lambda region: region.region_code)
    divisions = _refuse_orphans(uow, divisions)
    changed = [region for region, _ in save(uow.connection, regions, divisions.items, uow.now)]
    # Parents first: who reads the events in their order meets no child without its parent.
    for region in sorted(changed, key=lambda region: (len(region.region_code), region.region_code)):
        uow.emit(
            RegionRegistered(
                region_code=region.region_code,
                name=region.name,
                level=region.level,
                parent_code=region.parent_code,
            )
        )
    return divisions.result(len(changed))


def _refuse_orphans(uow: Uow, batch: Batch[Region]) -> Batch[Region]:
    parents = {region.parent_code for region in batch.items if region.parent_code}
    known = with_parents(batch.items, registered_codes(uow.connection, parents))
    return batch.check(lambda region: must_be_registered(region.parent_code, known, "/code"))
