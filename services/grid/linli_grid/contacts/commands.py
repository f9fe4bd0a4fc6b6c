"""Reading a contact."""

from __future__ import annotations

from uuid import UUID

from linli_contracts.identity import Actor

from linli_grid.contacts import tables
from linli_grid.contacts.domain import ReadContact
from linli_grid.requests import ResidentWords, read_words
from linli_grid.settings import Uow


def read_contact(uow: Uow, actor: Actor, request_id: UUID, command: ReadContact) -> ResidentWords:
    """The resident's words and contact; who read them and why is recorded in one transaction.

    Raises:
        NotFound: there is no such request.
        ForeignRegion, NotYours: it is for others to handle.
    """
    words = read_words(uow, actor, request_id)
    why = uow.keyring.encrypt(command.words, str(request_id))
    tables.insert_access(uow.connection, request_id, actor.account, command.reason, why, uow.now)
    return words
