"""What changes: counting, and publishing what has changed."""

from __future__ import annotations

from collections.abc import Iterable

from linli_contracts.events.grid.requests import RequestRegistered

from linli_tally.counts import tables
from linli_tally.counts.domain import Registration, count
from linli_tally.events import DailyCountPublished
from linli_tally.settings import Uow


def count_requests(uow: Uow, requests: Iterable[RequestRegistered]) -> None:
    """Add registered requests to the counts of their grids and days."""
    registrations = [
        Registration(request.grid_code, request.registered_at)
        for request in requests
        if request.channel != "import" or uow.settings.count_imports
    ]
    tables.add(uow.connection, count(registrations, uow.settings.time_zone))


def publish_changes(uow: Uow) -> None:
    """Publish every count that has changed since it was published last."""
    for one in tables.take_changed(uow.connection):
        uow.emit(
            DailyCountPublished(
                grid_code=one.grid_code, day=one.day.isoformat(), requests=one.requests
            )
        )
