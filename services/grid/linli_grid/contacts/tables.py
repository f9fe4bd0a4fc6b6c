"""The table of who read a contact, and its SQL."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from linli_grid import tables as shared
from linli_grid.tables import MOMENT, metadata

contact_access = sa.Table(
    "contact_access",
    metadata,
    sa.Column("access_id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column(
        "request_id",
        shared.UUID,
        sa.ForeignKey("request.request_id"),
        nullable=False,
        index=True,
    ),
    sa.Column("account", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("words", sa.Text, comment="encrypted for request_id"),
    sa.Column("accessed_at", MOMENT, nullable=False),
    comment="Who read a resident's contact and words, when, and why.",
)


def insert_access(
    connection: sa.Connection,
    request_id: UUID,
    account: str,
    reason: str,
    words: str,
    now: datetime,
) -> None:
    """Record who read a resident's contact and words, and why."""
    connection.execute(
        sa.insert(contact_access).values(
            request_id=request_id, account=account, reason=reason, words=words, accessed_at=now
        )
    )
