"""From the broker to the schema: an event is stored for every endpoint that wants it before the
broker forgets it.
"""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa
from linli_chassis.storage.database import is_conflict, is_unavailable
from linli_client import NotNow, Quarantined
from linli_client.events.names import Wanted
from linli_contracts.envelope import Event
from linli_contracts.registry import find

from linli_webhooks.deliveries.commands import store, store_unreadable
from linli_webhooks.deliveries.sending import structured
from linli_webhooks.endpoints import patterns_by_endpoint


class Intake:
    """The handler of the subscriber `webhooks`, and its quarantine.

    Args:
        on_stored: called when there is something to deliver.
    """

    def __init__(self, engine: sa.Engine, on_stored: Callable[[], object]) -> None:
        self._engine, self._on_stored = engine, on_stored

    def store(self, event: Event) -> None:
        """Store the event. Raises `NotNow` while the database is away."""
        try:
            with self._engine.begin() as connection:
                patterns = patterns_by_endpoint(connection)
                wanting = [one for one, types in patterns.items() if _wants(types, event)]
                if wanting:
                    store(connection, event, structured(event), wanting)
        except sa.exc.SQLAlchemyError as error:
            if is_unavailable(error) or is_conflict(error):
                raise NotNow(f"the database is away: {type(error).__name__}") from error
            raise
        if wanting:
            self._on_stored()

    def quarantine(self, quarantined: Quarantined) -> None:
        """Store what cannot be read."""
        with self._engine.begin() as connection:
            store_unreadable(connection, quarantined)


def _wants(types: list[str], event: Event) -> bool:
    routing_key = find(event.type).routing_key(event.district)
    return Wanted(event.district, tuple(types)).matches(routing_key)
