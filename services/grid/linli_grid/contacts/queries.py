"""Who read contacts, for those who watch over it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

import sqlalchemy as sa
from linli_chassis.http import Page, PageRequest, page
from linli_chassis.storage.records import fetch_all
from linli_contracts.identity import Actor
from linli_kernel.errors import Invalid

from linli_grid.contacts.domain import Access
from linli_grid.contacts.tables import contact_access as table
from linli_grid.requests import requests_within
from linli_grid.settings import Uow


@dataclass(frozen=True, kw_only=True)
class ListAccesses(PageRequest):
    """List who read contacts, of one request or by one account."""

    request_id: UUID | None
    account: str | None


def list_accesses(uow: Uow, actor: Actor, query: ListAccesses) -> Page[Access]:
    """Who read the contacts of requests in the caller's region, newest first."""
    select = sa.select(table).where(table.c.request_id.in_(requests_within(actor)))
    if query.request_id:
        select = select.where(table.c.request_id == query.request_id)
    if query.account:
        select = select.where(table.c.account == query.account)
    if query.after is not None:
        select = select.where(table.c.access_id < _position(query.after))
    select = select.order_by(table.c.access_id.desc()).limit(query.limit + 1)
    accesses = [_in_clear(uow, access) for access in fetch_all(uow.connection, select, Access)]
    return page(accesses, query, lambda access: [access.access_id])


def _in_clear(uow: Uow, access: Access) -> Access:
    if access.words is None:
        return access
    return replace(access, words=uow.keyring.decrypt(access.words, str(access.request_id)))


def _position(after: Sequence[object]) -> int:
    if len(after) != 1 or not isinstance(after[0], int):
        raise Invalid("Not a cursor of ours.")
    return after[0]
