"""Closing a period and revising it: scores that stay, with what they were computed from."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid5

from linli_chassis.http import Principal
from linli_chassis.storage.unit_of_work import UnitOfWork
from linli_contracts.events.evaluation.scorecards import ScorecardPublished

from linli_evaluation.domain import periods
from linli_evaluation.domain.errors import PeriodAlreadyClosed, PeriodNotOver, PeriodStillOpen
from linli_evaluation.domain.indicators import LEVELS
from linli_evaluation.domain.periods import Period
from linli_evaluation.handlers.scorecards import Basis, Card, compute
from linli_evaluation.store import closings, counting

_NAMESPACE = UUID("5b8e7ad4-3d0c-5c6c-9a53-2d2f7c1be0a6")


def close(uow: UnitOfWork, principal: Principal, code: str, early: bool) -> dict[str, Any]:
    """Score all subjects of a period that is over, and publish.

    Raises:
        BadPeriod, PeriodAlreadyClosed
        PeriodNotOver: it still runs, and `early` is not set.
    """
    principal.must_cover(uow.district)
    period = periods.parse(code)
    closings.lock(uow.connection, code)
    if closings.newest(uow.connection, code):
        raise PeriodAlreadyClosed(
            "{period} is closed already; revise it, with a reason.", period=code
        )
    end = period.bounds(uow.settings.time_zone)[1]
    if uow.now < end and not early:
        raise PeriodNotOver(
            "{period} runs until {end}; close it then, or early.", period=code, end=end.isoformat()
        )
    return _score(uow, principal, period, 1, None)


def revise(uow: UnitOfWork, principal: Principal, code: str, reason: str) -> dict[str, Any]:
    """Score a closed period anew, from the facts and definitions as they are now, and publish.

    Raises:
        BadPeriod
        PeriodStillOpen: it was never closed.
    """
    principal.must_cover(uow.district)
    period = periods.parse(code)
    closings.lock(uow.connection, code)
    last = closings.newest(uow.connection, code)
    if last is None:
        raise PeriodStillOpen(
            "{period} is not closed yet; there is nothing to revise.", period=code
        )
    return _score(uow, principal, period, last["revision"] + 1, reason)


def _score(
    uow: UnitOfWork, principal: Principal, period: Period, revision: int, reason: str | None
) -> dict[str, Any]:
    definitions = uow.settings.definitions
    bounds = period.bounds(uow.settings.time_zone)
    closing = {
        "period": period.code,
        "revision": revision,
        "closed_at": uow.now,
        "closed_by": principal.account,
        "reason": reason,
        "definitions_hash": definitions.hash,
    }
    closings.keep_definitions(uow.connection, definitions)
    closings.begin(uow.connection, closing)
    closing["inputs_hash"] = closings.keep_inputs(
        uow.connection, definitions, (period.code, revision), bounds
    )
    rests_on = Basis(period, closing, definitions, counting.closed(period.code, revision))
    cards = compute(uow, rests_on, LEVELS)
    rows = [
        _row(uow, closing, level, place, card)
        for level in LEVELS
        for place, card in enumerate(cards[level])
    ]
    closings.keep_scorecards(uow.connection, rows)
    for row in rows:
        _publish(uow, closing, row)
    return {**closing, "scorecards": len(rows)}


def _row(
    uow: UnitOfWork, closing: dict[str, Any], level: str, place: int, card: Card
) -> dict[str, Any]:
    key = f"{uow.district}/{closing['period']}/{level}/{card['subject']}"
    return {
        "period": closing["period"],
        "revision": closing["revision"],
        "level": level,
        "subject": card["subject"],
        "scorecard_id": uuid5(_NAMESPACE, key),
        "place": place,
        "card": card,
    }


def _publish(uow: UnitOfWork, closing: dict[str, Any], row: dict[str, Any]) -> None:
    told = {name: row["card"][name] for name in ("subject", "score", "rank", "level")}
    said = {
        name: closing[name] for name in ("period", "revision", "definitions_hash", "inputs_hash")
    }
    data = {"scorecard_id": row["scorecard_id"], "subject_kind": row["level"], **told, **said}
    uow.emit(ScorecardPublished, row["scorecard_id"], data)
