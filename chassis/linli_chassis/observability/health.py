"""Whether a service can work now. The broker is left out on purpose: writes go on without it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
import structlog

from linli_chassis.storage.database import pending_migrations

if TYPE_CHECKING:
    from linli_chassis.process.runtime import Runtime

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class State:
    """The state of the database: "ok", "away", or "behind" with the migrations that it lacks."""

    database: str
    pending: tuple[str, ...] = ()

    @property
    def ready(self) -> bool:
        return self.database == "ok"

    @property
    def document(self) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "status": "ready" if self.ready else "not ready",
            "database": self.database,
        }
        return {**shown, "pending_migrations": list(self.pending)} if self.pending else shown


class Readiness:
    """Checks the database of a service: that it answers, and that its migrations were run.

    Over connections of its own: a service whose own are all in use is busy, and not to be left out.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._migrated = False
        self._last = State("away")

    def check(self) -> State:
        """Ask the database. Once its migrations are complete they are not looked at again."""
        try:
            self._last = self._ask(self._runtime.monitoring_engine)
        except sa.exc.TimeoutError as error:  # others are asking just now
            log.warning("readiness not checked", exc_info=error)
        except sa.exc.SQLAlchemyError as error:
            log.warning("not ready", exc_info=error)
            self._last = State("away")
        return self._last

    def _ask(self, engine: sa.Engine) -> State:
        with engine.connect() as connection:
            connection.execute(sa.text("SELECT 1"))
        if not self._migrated:
            pending = pending_migrations(engine, self._runtime.service)
            if pending:
                return State("behind", tuple(pending))
            self._migrated = True
        return State("ok")
