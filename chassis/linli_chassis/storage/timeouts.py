"""How long a statement, a lock and the server's reply are waited for. Nothing waits without end.

The server cancels a statement that takes too long. A server that does not reply at all, frozen or
behind a proxy that accepts for nobody, cancels nothing, so each wait has a deadline here too. libpq
has none while it waits for a query, nor while it connects for green threads.
"""

from __future__ import annotations

import select
from dataclasses import dataclass
from time import monotonic
from typing import Any

import psycopg2
import sqlalchemy as sa
from psycopg2 import extensions

CONNECT_SECONDS = 5.0

_CONNECTED = (
    extensions.STATUS_READY,
    extensions.STATUS_BEGIN,
    extensions.STATUS_PREPARED,
)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds for one statement, for the locks that it waits for, and for a free connection.

    The client waits `margin` longer than the server, so that it is the server that cancels.
    """

    statement: float = 60.0
    lock: float = 10.0
    pool: float = 10.0
    margin: float = 5.0

    @property
    def session(self) -> dict[str, str]:
        """Them as settings of a session of PostgreSQL."""
        return {
            "statement_timeout": f"{self.statement * 1000:.0f}",
            "lock_timeout": f"{self.lock * 1000:.0f}",
        }

    def apply(self, connection: sa.Connection) -> None:
        """Have them hold until the transaction of `connection` ends."""
        names = (f"SET LOCAL {name} = {value}" for name, value in self.session.items())
        connection.execute(sa.text("; ".join(names)))
        driver = connection.connection.driver_connection
        assert isinstance(driver, BoundedConnection)  # noqa: S101  # `create_engine` makes no other
        driver.reply_seconds = self.reply

    @property
    def reply(self) -> float:
        """Seconds to wait for the reply to a statement."""
        return self.statement + self.margin


class BoundedConnection(extensions.connection):
    """A connection that waits `reply_seconds` for each reply of the server, and then is closed."""

    reply_seconds = Timeouts().reply


def install() -> None:
    """Have psycopg2 wait by the deadlines of this module, in this whole process."""
    extensions.set_wait_callback(_wait)  # eventlet sets one as well, without a deadline


def _wait(connection: Any) -> None:
    """Wait until the driver has what it waits for; called by psycopg2, which closes on an error.

    Raises:
        psycopg2.OperationalError: it took too long.
    """
    connecting = connection.status not in _CONNECTED
    seconds = (
        CONNECT_SECONDS
        if connecting
        else getattr(connection, "reply_seconds", BoundedConnection.reply_seconds)
    )
    deadline = monotonic() + seconds
    while (state := connection.poll()) != extensions.POLL_OK:
        left = deadline - monotonic()
        if left <= 0 or not _is_ready(connection.fileno(), state, left):
            raise psycopg2.OperationalError(f"the database did not reply within {seconds:g} s")


def _is_ready(descriptor: int, state: int, seconds: float) -> bool:
    """Wait for a socket; green where eventlet has replaced `select`, which then has no `poll`."""
    reading = state == extensions.POLL_READ
    if hasattr(select, "poll"):  # `select.select` of the system knows no descriptor above 1023
        poll = select.poll()
        poll.register(descriptor, select.POLLIN if reading else select.POLLOUT)
        return bool(poll.poll(seconds * 1000))
    read, write = ([descriptor], []) if reading else ([], [descriptor])
    return any(select.select(read, write, [], seconds))
