"""What all handlers share: carrying a step of a case out, with its history and its events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from linli_chassis.storage.unit_of_work import UnitOfWork
from linli_contracts.envelope import Event
from linli_contracts.registry import produced_by
from linli_contracts.schema import EventData

from linli_service_desk.domain.case import Case, Fact, Step
from linli_service_desk.store import cases

EVENTS: dict[str, type[EventData]] = {
    entry.fact: entry.schema for entry in produced_by("service_desk")
}


def carry_out(
    uow: UnitOfWork,
    steps: Sequence[Step],
    account: str = cases.SYSTEM,
    note: str | None = None,
    evidence: list[str] | None = None,
) -> None:
    """Write the cases as they are now, keep what was done, and tell it. `note` is a person's words:
    encrypted here.
    """
    cases.save(uow.connection, [step.case for step in steps])
    for step in steps:
        for fact in step.facts:
            tell(uow, step.case, fact)
    secret = uow.keyring.encrypt(note, note_context(steps[0].case)) if note and steps else None
    cases.record(uow.connection, steps, uow.now, account, secret, evidence)


def tell(
    uow: UnitOfWork, case: Case, fact: Fact, *, cause: Event | None = None, **more: Any
) -> None:
    """Emit one fact of a case; all events of a case belong to the resident's request."""
    data = {"case_id": case.case_id, "request_id": case.request_id, **fact.data}
    uow.emit(
        EVENTS[fact.name], case.case_id, data, cause=cause, correlation_id=case.request_id, **more
    )


def note_context(case: Case) -> str:
    """What an encrypted note is bound to."""
    return str(case.request_id)
