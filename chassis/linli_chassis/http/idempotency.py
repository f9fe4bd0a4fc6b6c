"""POSTs that may be sent again: the answer to an `Idempotency-Key` is kept with the change it
answers.

Key and change are written in one transaction. A second request with the same key waits at the first
one's row until that has committed, and is then given its answer; if the first rolled back, the
second is carried out.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from linli_chassis.http.problems import Problem
from linli_chassis.storage.crypto import CryptoError
from linli_chassis.storage.unit_of_work import UnitOfWork

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replay"
_KEY = re.compile(r"[\x21-\x7e]{1,200}")

_COLUMNS = ("account", "key", "route", "body_sha256", "status", "answer", "created_at")
idempotency = sa.table("idempotency", *map(sa.column, _COLUMNS))


@dataclass(frozen=True, slots=True)
class Attempt:
    """A request that carries a key. `route` is method and path; `body_sha256` covers the query too."""

    account: str
    key: str
    route: str
    body_sha256: str

    @property
    def context(self) -> str:
        return f"idempotency {self.account} {self.key}"


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """The status and JSON text that the first request was answered."""

    status: int
    text: str


def attempt_of(key: str, account: str, route: str, query: bytes, body: bytes) -> Attempt:
    """A request's attempt. Raises `Problem` 400 for a key that is too long or not printable ASCII."""
    if not _KEY.fullmatch(key):
        raise Problem(
            400,
            "invalid-idempotency-key",
            "Idempotency-Key must be 1 to 200 printable ASCII characters.",
        )
    return Attempt(account, key, route, hashlib.sha256(query + b"\0" + body).hexdigest())


def begin(uow: UnitOfWork[Any], attempt: Attempt) -> StoredAnswer | None:
    """Claim the key, waiting for a request that holds it; the stored answer if there is one.

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
        return StoredAnswer(row.status, uow.keyring.decrypt(row.answer, attempt.context))
    except CryptoError:
        # Its key was taken out of the keyring. The change was made, so carrying it out again would
        # be wrong.
        raise Problem(
            409,
            "answer-unreadable",
            "This request was carried out; its answer can no longer be read.",
        ) from None


def finish(uow: UnitOfWork[Any], attempt: Attempt, answer: StoredAnswer) -> None:
    """Keep the answer, encrypted, with the change."""
    encrypted = uow.keyring.encrypt(answer.text, attempt.context)
    uow.connection.execute(
        sa.update(idempotency).where(_is(attempt)).values(status=answer.status, answer=encrypted)
    )


def _is(attempt: Attempt) -> sa.ColumnElement[bool]:
    return sa.and_(idempotency.c.account == attempt.account, idempotency.c.key == attempt.key)
