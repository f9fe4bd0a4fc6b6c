"""Waiting for a PostgreSQL NOTIFY without holding up the event loop."""

from __future__ import annotations

from typing import Any

import eventlet
import sqlalchemy as sa
from eventlet.hubs import trampoline

from linli_chassis.messaging.inbox import DatabaseUnavailable
from linli_chassis.storage.database import is_unavailable


class Listener:
    """LISTENs on one channel over its own connection, opened on demand and after failures."""

    def __init__(self, engine: sa.Engine, channel: str) -> None:
        self._engine, self._channel = engine, channel
        self._connection: sa.Connection | None = None

    def wait(self, seconds: float) -> None:
        """Wait for a notification, `seconds` at most. Raises `DatabaseUnavailable`."""
        try:
            driver = self._open()
            driver.poll()
            if not driver.notifies:
                try:
                    trampoline(
                        driver.fileno(),
                        read=True,
                        timeout=max(seconds, 0.001),
                        timeout_exc=TimeoutError,
                    )
                except TimeoutError:
                    return
                driver.poll()
            driver.notifies.clear()
        except (sa.exc.DBAPIError, sa.exc.TimeoutError, self._driver_error) as error:
            self.close()
            if isinstance(error, sa.exc.SQLAlchemyError) and not is_unavailable(error):
                raise
            raise DatabaseUnavailable(str(error)) from error

    def close(self) -> None:
        """Give the connection up; `wait` opens a new one."""
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()
            self._connection = None

    @property
    def _driver_error(self) -> type[Exception]:
        error: type[Exception] = self._engine.dialect.loaded_dbapi.Error
        return error

    def _open(self) -> Any:
        if self._connection is None:
            self._connection = self._engine.connect().execution_options(
                isolation_level="AUTOCOMMIT"
            )
            self._connection.execute(sa.text(f"LISTEN {self._channel}"))
            eventlet.sleep(0)
        return self._connection.connection.driver_connection
