"""Recording the events of requests, and folding the facts that they change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from linli_chassis.process.offload import run_in_thread
from linli_contracts.envelope import Event

from linli_evaluation.settings import Uow
from linli_evaluation.sources.requests import tables
from linli_evaluation.sources.requests.domain import CaseFact, FactEvent
from linli_evaluation.sources.requests.domain.folding import fold


def record_events(uow: Uow, events: Sequence[Event]) -> None:
    """Store events of requests and cases, and fold the facts of all requests they belong to."""
    request_ids = {event.data["request_id"] for event in events}
    digests = tables.lock_facts(uow.connection, request_ids)
    tables.insert_events(uow.connection, events)
    stored = tables.events_of(uow.connection, digests)
    facts = run_in_thread(_fold_all, stored, uow.district)
    changed = [fact for fact in facts if fact.digest != digests[fact.request_id]]
    tables.replace_facts(uow.connection, changed)


def _fold_all(stored: Mapping[UUID, Sequence[FactEvent]], district: str) -> list[CaseFact]:
    return [fold(request_id, events, district) for request_id, events in stored.items()]
