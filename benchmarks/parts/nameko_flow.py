"""The two-service flow as nameko's own documentation has it: `python -m
benchmarks.parts.nameko_flow NAME`.

Event handlers, a commit each, then a dispatch with a publisher confirm; ten workers, as by default.
"""

import eventlet

eventlet.monkey_patch()

import os  # noqa: E402
import sys  # noqa: E402
from typing import Any  # noqa: E402

from nameko.containers import ServiceContainer  # noqa: E402
from nameko.events import EventDispatcher, event_handler  # noqa: E402
from nameko.extensions import DependencyProvider  # noqa: E402
from psycopg2.pool import ThreadedConnectionPool  # noqa: E402

SOURCE = "organization"
EVENT = "resource_withdrawn"
WORKERS = 10


class Database(DependencyProvider):  # type: ignore[misc]
    """A pool of connections, one for each worker."""

    def setup(self) -> None:
        self._pool = ThreadedConnectionPool(
            WORKERS,
            WORKERS,
            os.environ["DATABASE_URL"],
            options=f"-csearch_path={self.container.service_name} -ctimezone=UTC",
        )

    def get_dependency(self, worker_ctx: Any) -> Any:  # noqa: ARG002
        return self

    def take_effect(self, payload: dict[str, Any]) -> None:
        connection = self._pool.getconn()
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(
                    "INSERT INTO effect (event_id, subject) VALUES (%s, %s)",
                    (payload["id"], payload["resource_id"]),
                )
        finally:
            self._pool.putconn(connection)


class Desk:
    """The first of the two."""

    name = "service_desk"
    database = Database()
    dispatch = EventDispatcher()

    @event_handler(SOURCE, EVENT)  # type: ignore[untyped-decorator]
    def on_resource_withdrawn(self, payload: dict[str, Any]) -> None:
        self.database.take_effect(payload)
        self.dispatch("case_accepted", payload)


class Evaluation:
    """The second of the two."""

    name = "evaluation"
    database = Database()

    @event_handler("service_desk", "case_accepted")  # type: ignore[untyped-decorator]
    def on_case_accepted(self, payload: dict[str, Any]) -> None:
        self.database.take_effect(payload)


if __name__ == "__main__":
    service = {each.name: each for each in (Desk, Evaluation)}[sys.argv[1]]
    container = ServiceContainer(
        service, {"AMQP_URI": os.environ["AMQP_URI"], "max_workers": WORKERS}
    )
    container.start()
    container.wait()
