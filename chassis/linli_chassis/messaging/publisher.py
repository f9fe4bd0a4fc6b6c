"""What a relay asks of a bus."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import sqlalchemy as sa

from linli_chassis.messaging.outbox import OutboxRow


class BusUnavailable(Exception):
    """The bus cannot be reached now, or did not confirm in time; the rows stay pending."""


class Publisher(Protocol):
    """Publishes outbox rows and says which of them are safe."""

    def publish(self, connection: sa.Connection, rows: Sequence[OutboxRow]) -> list[int]:
        """Publish in order; the `seq` of each row that the bus has taken over. Raises `BusUnavailable`."""

    def wait(self, fileno: int, seconds: float) -> None:
        """Wait until `fileno` can be read or the time is up, keeping the bus alive. Raises
        `BusUnavailable`.
        """

    def look_after(self, connection: sa.Connection) -> None:
        """See to it, now and then, that events have a way to the inboxes; quick when called often.
        Raises `BusUnavailable`.

        Args:
            connection: on the schema of the service whose relay this is.
        """

    def hurry(self) -> None:
        """Wait for nothing longer than a few seconds, for the process is to stop; from a signal
        handler or a thread.
        """

    def close(self) -> None:
        """Let go of the bus; the publisher may be used again afterwards."""
