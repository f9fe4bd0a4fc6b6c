"""What time does by itself: no reply, limits that pass, suspensions that end."""

from __future__ import annotations

import sqlalchemy as sa
from linli_chassis.storage.unit_of_work import UnitOfWork

from linli_service_desk.desk import desk_of
from linli_service_desk.domain import actions
from linli_service_desk.domain.case import State
from linli_service_desk.handlers.steps import carry_out
from linli_service_desk.store import cases
from linli_service_desk.store.tables import case_file as c

_UNANSWERED = (State.ESTABLISHED, State.DISPATCHED)
_UNFINISHED = (State.ESTABLISHED, State.DISPATCHED, State.HANDLING, State.RESOLVED)
NO_REPLY = "no_reply"


def decline_unanswered(uow: UnitOfWork) -> None:
    """A provider that lets its time to reply pass has declined."""
    silent = cases.due(uow.connection, c.c.state == State.DISPATCHED, c.c.reply_due_at < uow.now)
    desk = desk_of(uow)
    for case in silent:
        cases.refuse(uow.connection, case, NO_REPLY, uow.now)
    carry_out(
        uow, [actions.decline(case, NO_REPLY, desk.rules(case.service), uow.now) for case in silent]
    )


def raise_overdue(uow: UnitOfWork) -> None:
    """Tell each limit that passed, once, and raise the case one level."""
    unanswered = (
        c.c.state.in_(_UNANSWERED),
        c.c.answered_at.is_(None),
        c.c.answer_due_at < uow.now,
        c.c.answer_overdue_for.is_distinct_from(c.c.answer_due_at),
    )
    carry_out(
        uow, [actions.answer_overdue(case) for case in cases.due(uow.connection, *unanswered)]
    )
    unfinished = (
        c.c.state.in_(_UNFINISHED),
        c.c.due_at
        < sa.func.coalesce(
            c.c.resolved_at, uow.now
        ),  # a report that came late is late all the same
        c.c.finish_overdue_for.is_distinct_from(c.c.due_at),
    )
    carry_out(
        uow, [actions.finish_overdue(case) for case in cases.due(uow.connection, *unfinished)]
    )


def resume_suspended(uow: UnitOfWork) -> None:
    """Work goes on when the date of a suspension comes."""
    ended = cases.due(uow.connection, c.c.state == State.SUSPENDED, c.c.resume_at <= uow.now)
    desk = desk_of(uow)
    carry_out(uow, [actions.resume(case, desk.rules(case.service), uow.now) for case in ended])
