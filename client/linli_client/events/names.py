"""What a subscriber has on the broker: the names and arguments of its queues, and the keys of the
types it wants.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from linli_contracts.registry import event_types
from linli_contracts.schema import EventData

EXCHANGE = "linli.events"
LOG = "linli.log"
KEPT_DAYS = 7
EVERYTHING = "linli.*"

QUEUE_ARGUMENTS: Mapping[str, Any] = {
    "x-queue-type": "quorum",
    # One process at a time, or events of one aggregate would overtake one another; the others stand
    # by.
    "x-single-active-consumer": True,
    # A subscriber that never comes back must not fill the disk of the broker: the log keeps as
    # long.
    "x-message-ttl": KEPT_DAYS * 24 * 3600 * 1000,
    # From RabbitMQ 4 on a queue drops what came 20 times, as it may while a subscriber's own
    # database is away.
    "x-delivery-limit": 1_000_000,
}
LOG_ARGUMENTS: Mapping[str, Any] = {
    "x-queue-type": "stream",
    "x-max-age": f"{KEPT_DAYS}D",
    "x-stream-max-segment-size-bytes": 50_000_000,  # age is looked at by the segment
}

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,49}")
_DISTRICT = re.compile(r"[0-9]{6}")
_PATTERN = re.compile(r"linli(\.[a-z0-9_]+){0,2}\.\*")


def check_name(name: str) -> str:
    """The name of a subscriber itself. Raises `ValueError`."""
    if not _NAME.fullmatch(name):
        raise ValueError(
            f"{name!r} is no name of a subscriber: "
            "1 to 50 of a-z, 0-9, - and _, a letter or digit first"
        )
    return name


def queue_of(name: str) -> str:
    """The queue of a subscriber's live events."""
    return f"linli.subscriber.{name}"


def log_of(name: str) -> str:
    """The stream of a subscriber that may not read that of the district, which holds all types."""
    return f"linli.subscriber.{name}.log"


@dataclass(frozen=True)
class Wanted:
    """The event types that a subscriber wants of a district. Made by `Wanted.of`.

    `patterns` are types, or beginnings of types that end in `.*`.
    """

    district: str
    patterns: tuple[str, ...]

    @classmethod
    def of(
        cls, types: str | type[EventData] | Iterable[str | type[EventData]], district: str
    ) -> Wanted:
        """Read types as people name them.

        Args:
            types: One or several of: a type (`linli.grid.grid_drawn.v1`), its schema (`GridDrawn`),
                all versions of a fact (`linli.grid.grid_drawn.*`), all of a service
                (`linli.grid.*`), or all (`linli.*`, `*`, `#`).
        Raises:
            ValueError: there is no such type, nothing is asked for, or the district is no code.
        """
        if not _DISTRICT.fullmatch(district):
            raise ValueError(
                f"{district!r} is no district: six digits of GB/T 2260, such as 110101"
            )
        asked = [types] if isinstance(types, str | type) else list(types)
        patterns = tuple(dict.fromkeys(_pattern(one) for one in asked))
        if not patterns:
            raise ValueError("no types are asked for")
        return cls(district, (EVERYTHING,) if EVERYTHING in patterns else patterns)

    @property
    def keys(self) -> tuple[str, ...]:
        """The routing keys to bind: a pattern becomes a key that ends in `.#`."""
        return tuple(re.sub(r"\.\*$", ".#", self._key(pattern)) for pattern in self.patterns)

    @property
    def everything(self) -> bool:
        return self.patterns == (EVERYTHING,)

    def matches(self, routing_key: str) -> bool:
        """Whether an event published under this key is wanted."""
        return any(
            routing_key.startswith(key[:-1]) if key.endswith(".*") else routing_key == key
            for key in map(self._key, self.patterns)
        )

    def _key(self, pattern: str) -> str:
        return self.district + pattern.removeprefix("linli")


def _pattern(asked: str | type[EventData]) -> str:
    pattern = asked if isinstance(asked, str) else asked.event_type.name
    if pattern in ("*", "#"):
        pattern = EVERYTHING
    open_ended = bool(_PATTERN.fullmatch(pattern))
    known = (entry.name for entry in event_types())
    if not any(name.startswith(pattern[:-1]) if open_ended else name == pattern for name in known):
        raise ValueError(f"no event type {pattern!r} in the catalogue; docs/events.md lists all")
    return pattern
