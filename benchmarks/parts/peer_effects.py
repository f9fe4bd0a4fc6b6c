"""The effect of an event on other platforms than ours: one row, one commit."""

import os
from collections.abc import Iterator
from uuid import uuid4

import sqlalchemy as sa

TAKE_EFFECT = sa.text("INSERT INTO effect (event_id, subject) VALUES (:id, :subject)")


class Effects:
    """Writes effects into the schema that SERVICE names."""

    def __init__(self) -> None:
        schema = os.environ.get("SERVICE", "service_desk")
        self.engine = sa.create_engine(
            sa.make_url(os.environ["DATABASE_URL"]).set(drivername="postgresql+psycopg2"),
            pool_size=20,
            max_overflow=0,
            connect_args={"options": f"-csearch_path={schema}"},
        )

    def take(self, payload: dict[str, str]) -> None:
        values = {"id": payload["id"], "subject": payload["resource_id"]}
        with self.engine.begin() as connection:
            connection.execute(TAKE_EFFECT, values)


def payloads(count: int) -> Iterator[dict[str, str]]:
    """Events that carry what ours does."""
    for _ in range(count):
        ids = {name: str(uuid4()) for name in ("id", "resource_id", "unit_id")}
        yield {**ids, "reason": "closed"}
