"""The verdicts, one for each closing of a case."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from linli_service_desk.feedback.domain import GiveFeedback
from linli_service_desk.tables import MOMENT, metadata

case_rating = sa.Table(
    "case_rating",
    metadata,
    sa.Column("case_id", sa.Uuid, sa.ForeignKey("case_file.case_id"), primary_key=True),
    sa.Column("closing", sa.Integer, primary_key=True),
    sa.Column("at", MOMENT, nullable=False),
    sa.Column("answered", sa.Boolean, nullable=False),
    sa.Column("solved", sa.Boolean, nullable=False),
    sa.Column("satisfaction", sa.Integer),
)


def insert_rating(
    connection: sa.Connection, case_id: UUID, closing: int, verdict: GiveFeedback, at: datetime
) -> bool:
    """Store the verdict on one closing; False when there is one already."""
    statement = (
        insert(case_rating)
        .values(
            case_id=case_id,
            closing=closing,
            at=at,
            answered=verdict.answered,
            solved=verdict.solved,
            satisfaction=verdict.satisfaction,
        )
        .on_conflict_do_nothing()
        .returning(case_rating.c.case_id)
    )
    return connection.scalar(statement) is not None


def is_rated(connection: sa.Connection, case_id: UUID, closing: int) -> bool:
    query = sa.select(sa.literal(True)).where(
        case_rating.c.case_id == case_id, case_rating.c.closing == closing
    )
    return bool(connection.scalar(query))
