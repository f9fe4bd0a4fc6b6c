"""The lock on the supply. Resources are rows of `projections`, dispatches of `cases`."""

from __future__ import annotations

import sqlalchemy as sa

_LOCK = sa.text("SELECT pg_advisory_xact_lock(hashtextextended('service_desk supply', 0))")


def lock_supply(connection: sa.Connection) -> None:
    """Be the only one that gives out capacity, or changes it, until the end of the transaction.

    Taken before anything is read or locked, so that what is counted cannot have been given out by
    another replica, no resource is overlooked by a round that began before it came, and nobody
    waits for it while holding a lock on a case.
    """
    connection.execute(_LOCK)
