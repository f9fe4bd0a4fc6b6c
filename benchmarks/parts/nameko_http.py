"""Registers a request on bare nameko: `python -m benchmarks.parts.nameko_http`."""

import eventlet

eventlet.monkey_patch()

import json  # noqa: E402
import os  # noqa: E402
from typing import Any  # noqa: E402
from uuid import uuid4  # noqa: E402

from nameko.containers import ServiceContainer  # noqa: E402
from nameko.extensions import DependencyProvider  # noqa: E402
from nameko.web.handlers import http  # noqa: E402
from psycopg2.extras import Json  # noqa: E402
from psycopg2.pool import ThreadedConnectionPool  # noqa: E402

WORKERS = 10


class Database(DependencyProvider):  # type: ignore[misc]
    """A pool of connections, one for each worker."""

    def setup(self) -> None:
        self._pool = ThreadedConnectionPool(
            WORKERS, WORKERS, os.environ["DATABASE_URL"], options="-csearch_path=bare"
        )

    def get_dependency(self, worker_ctx: Any) -> Any:  # noqa: ARG002
        return self

    def insert(self, request_id: str, body: dict[str, Any]) -> None:
        connection = self._pool.getconn()
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(
                    "INSERT INTO request (request_id, category, body) VALUES (%s, %s, %s)",
                    (request_id, body["category"], Json(body)),
                )
        finally:
            self._pool.putconn(connection)


class Bare:
    """The route."""

    name = "bare"
    database = Database()

    @http("POST", "/requests")  # type: ignore[untyped-decorator]
    def register(self, request: Any) -> tuple[int, dict[str, str], str]:
        body = json.loads(request.get_data())
        request_id = str(uuid4())
        self.database.insert(request_id, body)
        return 201, {"Content-Type": "application/json"}, json.dumps({"request_id": request_id})


if __name__ == "__main__":
    config = {"WEB_SERVER_ADDRESS": os.environ["LINLI_HTTP_BIND"], "max_workers": WORKERS}
    container = ServiceContainer(Bare, config)
    container.start()
    container.wait()
