"""From the broker to the schema: an event is kept for every endpoint that wants it before the
broker forgets it.
"""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa
from linli_chassis.storage.database import is_unavailable, is_conflict
from linli_client.events import NotNow, Quarantined
from linli_client.events.names import Wanted
from linli_contracts.envelope import Event
from linli_contracts.registry import find

from linli_webhooks import store
from linli_webhooks.sending import structured


class Intake:
    """The handler of the subscriber `webhooks`, and its quarantine.

    Args:
        news: called when there is something to deliver.
    """

    def __init__(self, engine: sa.Engine, news: Callable[[], object]) -> None:
        self._engine, self._news = engine, news

    def take(self, event: Event) -> None:
        """Keep the event. Raises `NotNow` while the database is away."""
        try:
            with self._engine.begin() as connection:
                wanting = [
                    one for one, types in store.patterns(connection).items() if _wants(types, event)
                ]
                if wanting:
                    store.keep(connection, event, structured(event), wanting)
        except sa.exc.SQLAlchemyError as error:
            if is_unavailable(error) or is_conflict(error):
                raise NotNow(f"the database is away: {type(error).__name__}") from error
            raise
        if wanting:
            self._news()

    def set_aside(self, found: Quarantined) -> None:
        """Keep what cannot be read, for somebody to look at."""
        with self._engine.begin() as connection:
            store.keep_unreadable(connection, found)


def _wants(types: list[str], event: Event) -> bool:
    return Wanted(event.district, tuple(types)).matches(
        find(event.type).routing_key(event.district)
    )
