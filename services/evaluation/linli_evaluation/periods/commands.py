"""Closing a period and revising it."""

from __future__ import annotations

from linli_chassis.http import Actor

from linli_evaluation.calendar import parse_period
from linli_evaluation.errors import PeriodAlreadyClosed, PeriodNotOver, PeriodStillOpen
from linli_evaluation.periods.domain import ClosePeriod, RevisePeriod
from linli_evaluation.scorecards import (
    Published,
    latest_closing,
    lock_period,
    publish_scorecards,
)
from linli_evaluation.settings import Uow


def close_period(uow: Uow, actor: Actor, code: str, command: ClosePeriod) -> Published:
    """Score all subjects of a period that is over, and publish.

    Raises:
        BadPeriod, PeriodAlreadyClosed
        PeriodNotOver: it still runs, and is not to be closed early.
    """
    actor.must_cover(uow.district)
    period = parse_period(code)
    lock_period(uow.connection, code)
    if latest_closing(uow.connection, code):
        raise PeriodAlreadyClosed(period=code)
    _, end = period.bounds(uow.settings.time_zone)
    if uow.now < end and not command.early:
        raise PeriodNotOver(period=code, end=end.isoformat())
    return publish_scorecards(uow, actor.account, period, revision=1)


def revise_period(uow: Uow, actor: Actor, code: str, command: RevisePeriod) -> Published:
    """Score a closed period anew, from the facts and definitions as they are now, and publish.

    Raises:
        BadPeriod
        PeriodStillOpen: it was never closed.
    """
    actor.must_cover(uow.district)
    period = parse_period(code)
    lock_period(uow.connection, code)
    last = latest_closing(uow.connection, code)
    if last is None:
        raise PeriodStillOpen(period=code)
    return publish_scorecards(
        uow, actor.account, period, revision=last.revision + 1, reason=command.reason
    )
