"""POSTs that may be repeated: the response to an `Idempotency-Key` is stored with the change.

Key and change are written in one transaction. A second request with the same key waits at the row
of the first until that has committed, and gets its response; if the first rolled back, the second
is carried out.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from linli_contracts.identity import PUBLIC_ACCOUNT, Principal
from sqlalchemy.dialects import postgresql as pg

from linli_chassis.http.problems import Problem
from linli_chassis.storage.crypto import CryptoError
from linli_chassis.storage.unit_of_work import UnitOfWork

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replay"
KEY_PATTERN = "[!-~]{1,200}"
"""Printable ASCII characters."""

_COLUMNS = ("account", "key", "route", "body_sha256", "status", "answer", "created_at")
idempotency = sa.table("idempotency", *map(sa.column, _COLUMNS))


@dataclass(frozen=True, slots=True)
class Attempt:
    """A request with a key. `route` is method and path.

    `body_sha256` covers the query, and what the account may see: a response is not for who has the
    same account and another role, region or unit.
    """

    account: str
    key: str
    route: str
    body_sha256: str

    @property
    def context(self) -> str:
        return f"idempotency {self.account} {self.key}"


@dataclass(frozen=True, slots=True)
class StoredResponse:
    """The status and JSON text of the response to the first request."""

    status: int
    text: str


def attempt_of(key: str, caller: Principal, route: str, query: bytes, body: bytes) -> Attempt:
    """The attempt of a request. Raises `Problem` 400 for a key out of bounds."""
    if not re.fullmatch(KEY_PATTERN, key):
        raise Problem(
            400,
            "invalid-idempotency-key",
            "Idempotency-Key must be 1 to 200 printable ASCII characters.",
        )
    allowed = [*sorted(caller.roles), caller.region, str(caller.unit_id or "")]
    digest = hashlib.sha256(b"\0".join([query, body, *(one.encode() for one in allowed)]))
    account = caller.account
    if account == PUBLIC_ACCOUNT:
        # All who call without a token share it, and must not meet in a key such as "1".
        account = f"{PUBLIC_ACCOUNT} {digest.hexdigest()}"
    return Attempt(account, key, route, digest.hexdigest())


def begin(uow: UnitOfWork[Any], attempt: Attempt) -> StoredResponse | None:
    """Claim the key, waiting for a request that holds it; the stored response if there is one.

    Raises:
        Problem: 422, the key was used for another request.
    """
    claim = pg.insert(idempotency).values(
        account=attempt.account,
        key=attempt.key,
        route=attempt.route,
        body_sha256=attempt.body_sha256,
    )
    claimed = uow.connection.execute(
        claim.on_conflict_do_nothing().returning(idempotency.c.key)
    ).first()
    if claimed:
        return None
    row = uow.connection.execute(sa.select(idempotency).where(_is(attempt))).one()
    if (row.route, row.body_sha256) != (attempt.route, attempt.body_sha256):
        raise Problem(
            422, "idempotency-key-reused", "This Idempotency-Key was used for another request."
        )
    try:
        return StoredResponse(row.status, uow.keyring.decrypt(row.answer, attempt.context))
    except CryptoError:
        # Its key was removed from the keyring. The change was made, so it must not be made again.
        raise Problem(
            409,
            "answer-unreadable",
            "This request was carried out; its answer can no longer be read.",
        ) from None


def finish(uow: UnitOfWork[Any], attempt: Attempt, response: StoredResponse) -> None:
    """Store the response, encrypted, with the change."""
    encrypted = uow.keyring.encrypt(response.text, attempt.context)
    uow.connection.execute(
        sa.update(idempotency).where(_is(attempt)).values(status=response.status, answer=encrypted)
    )


def _is(attempt: Attempt) -> sa.ColumnElement[bool]:
    return sa.and_(idempotency.c.account == attempt.account, idempotency.c.key == attempt.key)
