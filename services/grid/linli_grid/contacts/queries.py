"""Who read contacts, for those who watch over it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

import sqlalchemy as sa
from linli_chassis.http import Page, PageRequest, fetch_page
from linli_chassis.storage.records import equal_to
from linli_contracts.identity import Actor

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
    wanted = equal_to(table, request_id=query.request_id, account=query.account)
    select = sa.select(table).where(table.c.request_id.in_(requests_within(actor)), *wanted)
    newest = table.c.access_id
    accesses = fetch_page(uow.connection, select, Access, query, newest, newest_first=True)
    return Page([_in_clear(uow, access) for access in accesses.items], accesses.next)


def _in_clear(uow: Uow, access: Access) -> Access:
    if access.words is None:
        return access
    return replace(access, words=uow.keyring.decrypt(access.words, str(access.request_id)))
