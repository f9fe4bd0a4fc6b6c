"""What the account of a subscriber is called, has and may do on the broker: data, from its name and
its types.

Its queues are made for it, so it may configure nothing. To bind its queue it must be able to write
to the queue and to read from the exchange; which keys it may bind is then up to its topic
permission, which RabbitMQ asks when it binds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from linli_chassis.messaging.topology import NOTHING, only
from linli_client.events.names import (
    EVERYTHING,
    EXCHANGE,
    LOG,
    LOG_ARGUMENTS,
    QUEUE_ARGUMENTS,
    Wanted,
    check_name,
    log_of,
    queue_of,
)

TAG = "linli-subscriber"
LIMITS: Mapping[str, int] = {"max-connections": 10, "max-channels": 50}
_REST = r"[a-z0-9_.*#]+"


@dataclass(frozen=True)
class Account:
    """The account of one subscriber. Raises `ValueError` for a name that is none."""

    name: str
    wanted: Wanted

    def __post_init__(self) -> None:
        check_name(self.name)

    @property
    def user(self) -> str:
        """Its name on the broker, which may serve several districts."""
        return user_of(self.wanted.district, self.name)

    @property
    def log(self) -> str:
        """What it replays: the log of the district, or its own if it may not read all types."""
        return LOG if self.wanted.everything else log_of(self.name)

    @property
    def queues(self) -> dict[str, Mapping[str, Any]]:
        """The queues that are its own, with their arguments."""
        live = {queue_of(self.name): QUEUE_ARGUMENTS}
        return live if self.wanted.everything else {**live, self.log: LOG_ARGUMENTS}

    @property
    def permissions(self) -> dict[str, str]:
        """What it may do in the virtual host of its district. It may do nothing in any other."""
        # Its own log even where it has none, or the client could not tell that from one that it may
        # not read.
        readable = (EXCHANGE, queue_of(self.name), log_of(self.name), self.log)
        return {
            "configure": NOTHING,
            "write": only(queue_of(self.name)),
            "read": only(*dict.fromkeys(readable)),
        }

    @property
    def topic_permissions(self) -> dict[str, str]:
        """The keys it may bind."""
        keys = "|".join(_key_pattern(pattern) for pattern in self.wanted.patterns)
        return {
            "exchange": EXCHANGE,
            "write": NOTHING,
            "read": rf"^{self.wanted.district}\.({keys})$",
        }

    def may_bind(self, key: str) -> bool:
        """Whether the broker would let it bind this key."""
        return bool(re.search(self.topic_permissions["read"], key))


def user_of(district: str, name: str) -> str:
    """What the account of a subscriber is called on the broker."""
    return f"{district}-subscriber-{name}"


def types_of(topic_read: str) -> list[str]:
    """The types that a topic permission of ours lets an account have."""
    match = re.fullmatch(r"\^[0-9]{6}\\\.\((.*)\)\$", topic_read)
    parts = match[1].split("|") if match else []
    return [
        EVERYTHING if part == _REST else f"linli.{part.replace(_REST, '*').replace(chr(92), '')}"
        for part in parts
    ]


def _key_pattern(pattern: str) -> str:
    beginning = pattern.removeprefix("linli.").removesuffix("*")
    return re.escape(beginning) + (_REST if pattern.endswith("*") else "")
