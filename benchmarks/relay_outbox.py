"""The relay: from rows in the outbox to confirmed by the broker."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from linli_chassis.messaging.relay import Relay
from linli_chassis.messaging.topology import EXCHANGE
from linli_chassis.process.runtime import relay_of
from linli_chassis.settings import ProcessSettings
from linli_contracts.events.grid.requests import RequestVerified

from benchmarks import raw_amqp as raw
from benchmarks.environment import BenchmarkDatabase, BenchmarkServers
from benchmarks.figures import Figure, compare
from benchmarks.fixtures import OutboxFill, events

_BATCH = 100


def relay(servers: BenchmarkServers) -> list[Figure]:
    """Publish the same rows by the relay, and by hand, where nothing notes how far it came."""
    rows = servers.count(10_000)
    with servers.database("grid") as database:
        fill = OutboxFill(database, "grid", events(RequestVerified, rows))
        ours = _Ours(database)
        by_hand = _ByHand(database)
        figure = compare(
            "relay",
            "outbox to confirmed (ours: and marked)",
            "events/s",
            lambda: rows / fill.timed(ours.publish_all),
            lambda: rows / fill.timed(by_hand.publish_all),
            target=0.7,
            rounds=servers.rounds,
            notes={"rows": rows, "raw batch": _BATCH},
        )
        ours.close()
        by_hand.close()
        fill.close()
    return [figure]


class _Ours:
    def __init__(self, database: BenchmarkDatabase) -> None:
        self._relay: Relay = relay_of("grid", ProcessSettings.load(database.environ))
        engine: sa.Engine = self._relay._engine
        self._connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")

    def publish_all(self) -> None:
        while self._relay.publish_batch(self._connection):
            pass

    def close(self) -> None:
        self._relay._publisher.close()
        self._connection.close()


class _ByHand:
    def __init__(self, database: BenchmarkDatabase) -> None:
        self._publisher = raw.RawPublisher(database.amqp_uri, EXCHANGE)
        self._connection: Any = database.connect("grid")
        self._connection.autocommit = True

    def publish_all(self) -> None:
        with self._connection.cursor() as cursor:
            last = 0
            while True:
                cursor.execute(raw.ROWS, (last, _BATCH))
                rows = cursor.fetchall()
                if not rows:
                    return
                self._publisher.publish(rows)
                last = rows[-1][0]

    def close(self) -> None:
        self._publisher.close()
        self._connection.close()
