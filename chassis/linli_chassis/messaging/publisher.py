"""The interface of a bus, as the relay uses it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import sqlalchemy as sa

from linli_chassis.messaging.outbox import OutboxRow


class BusUnavailable(Exception):
    """The bus cannot be reached now, or did not confirm in time; the rows stay pending."""


class Publisher(Protocol):
    """Publishes outbox rows and returns which of them the bus has taken over."""

    def publish(self, connection: sa.Connection, rows: Sequence[OutboxRow]) -> list[int]:
        """Publish in order; returns the `seq` of each row that the bus has taken over.

        Raises `BusUnavailable`.
        """

    def wait(self, fileno: int, seconds: float) -> None:
        """Wait until `fileno` can be read or the time is up, keeping the connection alive.

        Raises `BusUnavailable`.
        """

    def maintain(self, connection: sa.Connection) -> None:
        """Repair what keeps events from the inboxes; cheap, for it is called every round.

        Args:
            connection: on the schema of the service whose relay this is.
        Raises:
            BusUnavailable: the connection to the bus is lost.
        """

    def abort_pending(self) -> None:
        """Wait no longer than a few seconds for confirms, for the process is to stop.

        May be called from a signal handler or another thread.
        """

    def close(self) -> None:
        """Close the connection; the publisher may be used again afterwards."""
