"""The periods that were closed, and the scorecards that came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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

live_scoring = sa.Table(
    "live_scoring",
    metadata,
    sa.Column("period", sa.Text, primary_key=True),
    sa.Column("level", sa.Text, primary_key=True),
    sa.Column("basis", sa.Text, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("scored_at", MOMENT, nullable=False),
    comment="What the scorecards of open periods were last scored from.",
)

live_scorecard = sa.Table(
    "live_scorecard",
    metadata,
    sa.Column("period", sa.Text, primary_key=True),
    sa.Column("level", sa.Text, primary_key=True),
    sa.Column("subject", sa.Text, primary_key=True),
    sa.Column("place", sa.Integer, nullable=False),
    sa.Column("card", pg.JSON, nullable=False),
    sa.ForeignKeyConstraint(
        ("period", "level"), ("live_scoring.period", "live_scoring.level"), ondelete="CASCADE"
    ),
)

MAX_SCORINGS = 50
"""How many levels of open periods are kept scored: those scored last."""

_LOCK_SCORING = sa.text("SELECT pg_advisory_xact_lock(hashtextextended('score ' || :level, 0))")
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


def lock_scoring(connection: sa.Connection, level: SubjectLevel) -> None:
    """Keep others from scoring this level until the transaction ends: once is enough."""
    connection.execute(_LOCK_SCORING, {"level": level})


def is_scored(
    connection: sa.Connection, period: str, level: SubjectLevel, basis: str, version: int
) -> bool:
    """Whether the live scorecards are those of a basis and version; then they stay until the end
    of the transaction.
    """
    c = live_scoring.c
    query = sa.select(c.basis, c.version).where(c.period == period, c.level == level)
    row = connection.execute(query.with_for_update(read=True, key_share=True)).first()
    return row is not None and (row.basis, row.version) == (basis, version)


def replace_live_scorecards(
    connection: sa.Connection,
    scoring: Mapping[str, object],
    cards: Sequence[Scorecard],
) -> None:
    """Store the scorecards of a level of an open period over those of before.

    Args:
        scoring: the row of `live_scoring` that they belong to.
    """
    key = {name: scoring[name] for name in ("period", "level")}
    c = live_scoring.c
    newest = sa.select(c.period, c.level).order_by(c.scored_at.desc()).limit(MAX_SCORINGS - 1)
    kept = sa.tuple_(c.period, c.level).in_(newest)
    same = sa.and_(*(c[name] == value for name, value in key.items()))
    connection.execute(sa.delete(live_scoring).where(sa.or_(same, ~kept)))
    connection.execute(sa.insert(live_scoring).values(scoring))
    rows = [
        {**key, "subject": card.subject, "place": place, "card": card.values}
        for place, card in enumerate(cards)
    ]
    if rows:
        connection.execute(sa.insert(live_scorecard), rows)


def stored_cards(period: str, key: ClosingKey | None, level: SubjectLevel) -> sa.Subquery:
    """The subject, place and card of each scorecard of a level, as closed or as they are live."""
    table = live_scorecard if key is None else scorecard
    belonging = table.c.period == period if key is None else belongs_to(scorecard, key)
    columns = (table.c.subject, table.c.place, table.c.card)
    return sa.select(*columns).where(belonging, table.c.level == level).subquery("cards")
