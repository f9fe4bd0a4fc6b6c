"""Scoring a period for good: its rows are copied, its scorecards stored and published."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID, uuid5

from linli_contracts.events.evaluation.scorecards import ScorecardPublished

from linli_evaluation.calendar import Period
from linli_evaluation.indicators import store_definitions
from linli_evaluation.scorecards import tables
from linli_evaluation.scorecards.domain.closings import Basis, Closing, hash_of
from linli_evaluation.scorecards.queries.counting import counted_rows
from linli_evaluation.scorecards.queries.showing import compute
from linli_evaluation.scorecards.tables import StoredScorecard
from linli_evaluation.settings import Uow
from linli_evaluation.sources import LEVELS, SOURCES, copy_rows, hash_of_copy

_NAMESPACE = UUID("5b8e7ad4-3d0c-5c6c-9a53-2d2f7c1be0a6")


@dataclass(frozen=True, slots=True)
class Published:
    """A period that was closed or revised, and how many scorecards were published."""

    closing: Closing
    scorecards: int


def publish_scorecards(
    uow: Uow, account: str, period: Period, revision: int, reason: str | None = None
) -> Published:
    """Score all subjects of a period, store the scorecards with what they rest on, and publish.

    The period is locked by the caller; `account` is who closes it.
    """
    basis, closing = _begin(uow, account, period, revision, reason)
    cards = compute(uow, basis, LEVELS)
    stored = [
        StoredScorecard(
            level=level,
            place=place,
            scorecard_id=_id_of(uow.district, period.code, level, card.subject),
            card=card,
        )
        for level in LEVELS
        for place, card in enumerate(cards[level])
    ]
    tables.insert_scorecards(uow.connection, closing.key, stored)
    for each in stored:
        _emit(uow, closing, each)
    return Published(closing, len(stored))


def _begin(
    uow: Uow, account: str, period: Period, revision: int, reason: str | None
) -> tuple[Basis, Closing]:
    """Write down the closing, and copy what counts into it.

    The scorecards are counted from the copy, so that the hash, the scores and what they open down
    to agree even while events come in.
    """
    definitions = uow.settings.definitions
    bounds = period.bounds(uow.settings.time_zone)
    begun = Closing(
        period=period.code,
        revision=revision,
        closed_at=uow.now,
        closed_by=account,
        reason=reason,
        definitions_hash=definitions.hash,
    )
    store_definitions(uow.connection, definitions)
    tables.insert_closing(uow.connection, begun)
    hashes = []
    for source in SOURCES.values():
        where = counted_rows(source, definitions, bounds)
        copy_rows(uow.connection, source, begun.key, where)
        hashes.append(hash_of_copy(uow.connection, source, begun.key))
    closing = replace(begun, inputs_hash=hash_of(hashes))
    tables.set_inputs_hash(uow.connection, closing.key, closing.inputs_hash)
    return Basis(period.code, bounds, definitions, closing), closing


def _id_of(district: str, period: str, level: str, subject: str) -> UUID:
    return uuid5(_NAMESPACE, f"{district}/{period}/{level}/{subject}")


def _emit(uow: Uow, closing: Closing, stored: StoredScorecard) -> None:
    card = stored.card
    uow.emit(
        ScorecardPublished(
            scorecard_id=stored.scorecard_id,
            subject_kind=stored.level,
            subject=card.subject,
            period=closing.period,
            revision=closing.revision,
            score=card.score,
            rank=card.rank,
            level=card.level,
            definitions_hash=closing.definitions_hash,
            inputs_hash=closing.inputs_hash,
        )
    )
