"""Commands about the resources that units offer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from uuid import UUID

from linli_chassis.http import Actor, Batch, ImportResult
from linli_contracts.events.organization.resources import (
    ResourceChanged,
    ResourceOffered,
    ResourceState,
    ResourceWithdrawn,
)
from linli_contracts.fields import coarse

from linli_organization import ids
from linli_organization.errors import ForeignRegion
from linli_organization.regions import refuse_unregistered
from linli_organization.resources.domain import (
    NotYourResource,
    Offer,
    OfferResource,
    Resource,
    Withdrawal,
    checked,
    must_have_unit,
    must_not_revive,
    resource_of,
)
from linli_organization.resources.queries import find_resource
from linli_organization.resources.tables import resources, resources_by_id
from linli_organization.settings import Uow
from linli_organization.tables import save
from linli_organization.units import find_unit, find_units


def offer_resources(uow: Uow, actor: Actor, batch: Batch[OfferResource]) -> ImportResult:
    """Offer resources by their external references, or change what they offer.

    What was withdrawn stays so: an item with the same values is unchanged, any other refused.
    """
    offered = batch.map(lambda command: _resource(uow, command))
    offered = offered.unique(lambda resource: resource.external_ref)
    before = resources_by_id(
        uow.connection, [resource.resource_id for resource in offered.items], lock=True
    )
    offered = _refuse_misplaced(uow, actor, offered, before)
    offered = offered.check(lambda resource: must_not_revive(before, resource))
    withdrawn = {key for key, resource in before.items() if resource.is_withdrawn}
    usable = [resource for resource in offered.items if resource.resource_id not in withdrawn]
    return offered.result(_save(uow, usable, before))


def offer_resource(uow: Uow, actor: Actor, command: OfferResource) -> Resource:
    """Offer one resource. Raises what `offer_resources` would list as refused."""
    offer_resources(uow, actor, Batch.of_one(command))
    return find_resource(uow, ids.resource_id(uow.district, command.external_ref))


def change_resource(uow: Uow, actor: Actor, resource_id: UUID, offer: Offer) -> Resource:
    """Change what a resource offers; one that was withdrawn is offered again.

    Raises:
        NotFound, NotAllowed, Invalid: nothing is changed then.
    """
    before = find_resource(uow, resource_id, lock=True)
    _must_manage(uow, actor, before)
    after = before.offering(checked(offer, uow.settings.services))
    refuse_unregistered(uow, Batch.of_one(after), lambda resource: resource.covers, "/covers")
    _save(uow, [after], {resource_id: before})
    return after


def withdraw_resource(
    uow: Uow, actor: Actor, resource_id: UUID, withdrawal: Withdrawal
) -> Resource:
    """Withdraw a resource; nothing, once it is withdrawn. Raises `NotFound` or `NotAllowed`."""
    before = find_resource(uow, resource_id, lock=True)
    _must_manage(uow, actor, before)
    if before.is_withdrawn:
        return before
    after = before.withdrawn(withdrawal.reason)
    save(uow.connection, resources, [after], uow.now)
    uow.emit(
        ResourceWithdrawn(resource_id=resource_id, unit_id=after.unit_id, reason=withdrawal.reason)
    )
    return after


def _resource(uow: Uow, command: OfferResource) -> Resource:
    return resource_of(
        checked(command, uow.settings.services),
        ids.resource_id(uow.district, command.external_ref),
        ids.unit_id(uow.district, command.unit_ref),
    )


def _refuse_misplaced(
    uow: Uow, actor: Actor, batch: Batch[Resource], before: Mapping[UUID, Resource]
) -> Batch[Resource]:
    """Without the items of unknown or foreign units, and those that cover unknown divisions."""
    units = find_units(uow, {stored.unit_id for stored in (*batch.items, *before.values())})

    def region(resource: Resource) -> str:
        return units[resource.unit_id].region_code

    # Or a caller could take over a resource of another region by its reference.
    def earlier_region(resource: Resource) -> str:
        return region(before.get(resource.resource_id, resource))

    batch = batch.check(lambda resource: must_have_unit(resource, units))
    batch = batch.within(actor, region, ForeignRegion, "/unit_ref")
    batch = refuse_unregistered(uow, batch, lambda resource: resource.covers, "/covers")
    return batch.within(actor, earlier_region, ForeignRegion, "/external_ref")


def _must_manage(uow: Uow, actor: Actor, resource: Resource) -> None:
    """Operators may change what lies in their region, providers what their unit offers."""
    if actor.roles.isdisjoint(("operator", "admin")):
        if not actor.owns(resource.unit_id):
            raise NotYourResource
        return
    region_code = find_unit(uow, resource.unit_id).region_code
    if not actor.covers(region_code):
        raise ForeignRegion(region_code=region_code)


def _save(uow: Uow, offered: Sequence[Resource], before: Mapping[UUID, Resource]) -> int:
    saved = save(uow.connection, resources, offered, uow.now)
    for resource, is_new in saved:
        stored = before.get(resource.resource_id)
        begins = is_new or (stored is not None and stored.is_withdrawn)
        uow.emit(_state(ResourceOffered if begins else ResourceChanged, resource))
    return len(saved)


def _state(event: type[ResourceState], resource: Resource) -> ResourceState:
    place = None
    if resource.longitude is not None and resource.latitude is not None:
        place = coarse(resource.longitude, resource.latitude)
    return event(
        resource_id=resource.resource_id,
        unit_id=resource.unit_id,
        services=resource.services,
        capacity_per_day=resource.capacity_per_day,
        covers=resource.covers,
        place=place,
        hours=asdict(resource.hours) if resource.hours else None,
        languages=resource.languages,
        skills=resource.skills,
    )
