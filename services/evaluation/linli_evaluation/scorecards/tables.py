"""The periods that were closed, and the scorecards that came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from linli_chassis.storage.records import fetch_one
from sqlalchemy.dialects import postgresql as pg

from linli_evaluation.scorecards.domain.cards import Scorecard
from linli_evaluation.scorecards.domain.closings import Closing
from linli_evaluation.sources import ClosingKey, SubjectLevel, belongs_to, closing_columns
from linli_evaluation.tables import MOMENT, metadata

closing = sa.Table(
    "closing",
    metadata,
    sa.Column("period", sa.Text, primary_key=True),
    sa.Column("revision", sa.Integer, primary_key=True),
    sa.Column("closed_at", MOMENT, nullable=False),
    sa.Column("closed_by", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, comment="Why it was revised; null for the first."),
    sa.Column("definitions_hash", sa.Text, sa.ForeignKey("definitions.hash"), nullable=False),
    sa.Column("inputs_hash", sa.Text, nullable=False),
)

scorecard = sa.Table(
    "scorecard",
    metadata,
    *closing_columns(),
    sa.Column("level", sa.Text, primary_key=True),
    sa.Column("subject", sa.Text, primary_key=True),
    sa.Column("scorecard_id", sa.Uuid, nullable=False),
    sa.Column("place", sa.Integer, nullable=False, comment="Order in the list of its level."),
    sa.Column("card", pg.JSON, nullable=False),
)

_LOCK = sa.text("SELECT pg_advisory_xact_lock(hashtextextended('close ' || :period, 0))")


@dataclass(frozen=True, slots=True)
class StoredScorecard:
    """A scorecard of a closing; `place` is its order in the list of its level."""

    level: SubjectLevel
    place: int
    scorecard_id: UUID
    card: Scorecard


def lock_period(connection: sa.Connection, period: str) -> None:
    """Keep others from closing this period until the transaction ends."""
    connection.execute(_LOCK, {"period": period})


def latest_closing(connection: sa.Connection, period: str) -> Closing | None:
    """The last closing of a period, or None while it is open."""
    query = sa.select(closing).where(closing.c.period == period)
    return fetch_one(connection, query.order_by(closing.c.revision.desc()).limit(1), Closing)


def insert_closing(connection: sa.Connection, begun: Closing) -> None:
    """Write down the closing itself; copies and scorecards refer to it."""
    row = {column.name: getattr(begun, column.name) for column in closing.columns}
    connection.execute(sa.insert(closing).values(row))


def set_inputs_hash(connection: sa.Connection, key: ClosingKey, inputs_hash: str) -> None:
    """Write down what was counted, once it is copied."""
    update = sa.update(closing).where(belongs_to(closing, key))
    connection.execute(update.values(inputs_hash=inputs_hash))


def insert_scorecards(
    connection: sa.Connection, key: ClosingKey, stored: Sequence[StoredScorecard]
) -> None:
    """Store the scorecards of a closing."""
    rows = [
        {
            "period": key.period,
            "revision": key.revision,
            "level": each.level,
            "subject": each.card.subject,
            "scorecard_id": each.scorecard_id,
            "place": each.place,
            "card": each.card.values,
        }
        for each in stored
    ]
    if rows:
        connection.execute(sa.insert(scorecard), rows)


def stored_scorecards(
    connection: sa.Connection, key: ClosingKey, level: SubjectLevel
) -> list[Scorecard]:
    """The stored scorecards of a level, the best first."""
    query = (
        sa.select(scorecard.c.card)
        .where(belongs_to(scorecard, key), scorecard.c.level == level)
        .order_by(scorecard.c.place)
    )
    return [Scorecard.of(values) for values in connection.execute(query).scalars()]
