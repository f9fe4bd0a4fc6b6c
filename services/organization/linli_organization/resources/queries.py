"""What can be asked about resources: the list, and single ones."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from linli_chassis.http import Page, PageRequest, fetch_page
from linli_chassis.storage.records import equal_to
from linli_kernel.codes import RegionCode
from linli_kernel.errors import NotFound

from linli_organization.resources.domain import Resource
from linli_organization.resources.tables import resources, resources_by_id, select_resources
from linli_organization.settings import Uow


@dataclass(frozen=True, slots=True, kw_only=True)
class ListResources(PageRequest):
    """Which resources to list; None for any.

    `region_code` finds those that serve it, also by covering a division above it.
    """

    unit_id: UUID | None = None
    service: str | None = None
    region_code: str | None = None
    external_ref: str | None = None
    state: str | None = None


def list_resources(uow: Uow, wanted: ListResources) -> Page[Resource]:
    """Resources in the order of their references."""
    query = select_resources().where(
        *equal_to(
            resources,
            unit_id=wanted.unit_id,
            external_ref=wanted.external_ref,
            state=wanted.state,
        )
    )
    if wanted.service is not None:
        query = query.where(resources.c.services.contains([wanted.service]))
    if wanted.region_code is not None:
        lineage = RegionCode(wanted.region_code).lineage
        query = query.where(resources.c.covers.overlap(lineage))
    return fetch_page(uow.connection, query, Resource, wanted, resources.c.external_ref)


def find_resource(uow: Uow, resource_id: UUID, *, lock: bool = False) -> Resource:
    """One resource, locked if it is going to be changed. Raises `NotFound`."""
    try:
        return resources_by_id(uow.connection, [resource_id], lock=lock)[resource_id]
    except KeyError:
        raise NotFound("There is no resource {resource_id}.", resource_id=resource_id) from None
