"""What can be asked about divisions: the list, and by other features what an import needs."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TypeVar

import sqlalchemy as sa
from linli_chassis.http import Batch, Page, PageRequest, fetch_page
from linli_chassis.storage.records import columns_of, equal_to

from linli_organization.regions.domain import Region, must_be_registered
from linli_organization.regions.tables import regions, registered_codes
from linli_organization.settings import Uow

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRegions(PageRequest):
    """Which divisions to list; None for any."""

    parent: str | None = None
    level: str | None = None


def list_regions(uow: Uow, wanted: ListRegions) -> Page[Region]:
    """Divisions in the order of their codes."""
    query = sa.select(*columns_of(regions, Region)).where(
        *equal_to(regions, parent_code=wanted.parent, level=wanted.level)
    )
    return fetch_page(uow.connection, query, Region, wanted, regions.c.region_code)


def refuse_unregistered(
    uow: Uow, batch: Batch[Item], regions_of: Callable[[Item], Collection[str]], pointer: str
) -> Batch[Item]:
    """The batch without the items that name a division not registered (`UnknownRegion`)."""
    codes = {code for item in batch.items for code in regions_of(item)}
    registered = registered_codes(uow.connection, codes)

    def check(item: Item) -> None:
        for code in regions_of(item):
            must_be_registered(code, registered, pointer)

    return batch.check(check)
