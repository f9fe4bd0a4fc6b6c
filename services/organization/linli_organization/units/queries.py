"""What can be asked about units: the list, single ones, and their references."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from linli_chassis.http import Page, PageRequest, fetch_page
from linli_chassis.storage.records import equal_to
from linli_kernel.errors import NotFound

from linli_organization.settings import Uow
from linli_organization.units.domain import Unit
from linli_organization.units.tables import select_units, units, units_by_id


@dataclass(frozen=True, slots=True, kw_only=True)
class ListUnits(PageRequest):
    """Which units to list; None for any. `region_code` includes all divisions below it."""

    kind: str | None = None
    region_code: str | None = None
    external_ref: str | None = None


def list_units(uow: Uow, wanted: ListUnits) -> Page[Unit]:
    """Units in the order of their references."""
    query = select_units().where(
        *equal_to(units, kind=wanted.kind, external_ref=wanted.external_ref)
    )
    if wanted.region_code is not None:
        query = query.where(units.c.region_code.startswith(wanted.region_code))
    return fetch_page(uow.connection, query, Unit, wanted, units.c.external_ref)


def find_unit(uow: Uow, unit_id: UUID) -> Unit:
    """One unit. Raises `NotFound`."""
    try:
        return find_units(uow, [unit_id])[unit_id]
    except KeyError:
        raise NotFound("There is no unit {unit_id}.", unit_id=unit_id) from None


def find_units(uow: Uow, unit_ids: Iterable[UUID]) -> dict[UUID, Unit]:
    """Those of the units that are registered, by their ids."""
    return units_by_id(uow.connection, unit_ids)


def reference_of(unit_id: sa.ColumnElement[UUID]) -> sa.ScalarSelect[str]:
    """The reference of the unit that a column names, for the query of another feature."""
    return sa.select(units.c.external_ref).where(units.c.unit_id == unit_id).scalar_subquery()
