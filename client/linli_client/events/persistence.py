"""What a subscriber keeps of its own: how far it has read a log, and what it could not take."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from linli_contracts.envelope import Message


class Position(Protocol):
    """Where a subscriber keeps how far it has read. Yours may be a row in your own database."""

    def load(self) -> tuple[str, int] | None:
        """The log and the offset of the last message handled there, or None before the first."""

    def save(self, log: str, offset: int) -> None:
        """Keep it; called after each message that was handled or set aside, and now and then in
        between.
        """


@dataclass(frozen=True)
class PositionFile:
    """A position kept in a small JSON file, replaced whole at each save."""

    path: Path

    def load(self) -> tuple[str, int] | None:
        """See `Position`. Raises `ValueError` for a file that is not one of ours."""
        try:
            position = json.loads(self.path.read_text(encoding="utf-8"))
            return str(position["log"]), int(position["offset"])
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(
                f"{self.path} holds no position; delete it to begin anew: {error}"
            ) from error

    def save(self, log: str, offset: int) -> None:
        """See `Position`."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        new = self.path.with_name(self.path.name + ".new")
        new.write_text(json.dumps({"log": log, "offset": offset}), encoding="utf-8")
        new.replace(self.path)


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A message set aside: it could not be read, or the handler failed on it `attempts` times."""

    message: Message
    routing_key: str
    reason: str
    attempts: int
    quarantined_at: datetime


@dataclass(frozen=True)
class QuarantineFile:
    """Keeps messages as lines of JSON, each on the disk before it is acknowledged."""

    path: Path

    def __call__(self, quarantined: Quarantined) -> None:
        """Add one. Raises `OSError`."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        line = json.dumps(_as_json(quarantined), ensure_ascii=False).encode() + b"\n"
        with self.path.open("ab+") as file:
            file.seek(-1 if file.tell() else 0, os.SEEK_END)
            # A line that a power cut tore off belongs to a message that came again, and must not
            # spoil the next one.
            file.write(line if file.read(1) in (b"", b"\n") else b"\n" + line)
            file.flush()
            os.fsync(file.fileno())


def read_quarantine(path: Path | str) -> Iterator[Quarantined]:
    """What a `QuarantineFile` kept, in order. `decode(quarantined.message)` reads it again, with
    contracts that know it.
    """
    with Path(path).open("rb") as file:
        for line in file:
            try:
                stored = json.loads(line)
            except ValueError:
                continue  # torn off while it was written; the message came again
            yield Quarantined(
                Message(stored["headers"], _body(stored), stored["content_type"]),
                stored["routing_key"],
                stored["reason"],
                stored["attempts"],
                datetime.fromisoformat(stored["quarantined_at"]),
            )


def _as_json(quarantined: Quarantined) -> dict[str, Any]:
    headers = quarantined.message.headers
    try:
        body = {"body": quarantined.message.body.decode("utf-8")}
    except UnicodeDecodeError:
        body = {"body_base64": base64.b64encode(quarantined.message.body).decode()}
    return {
        "quarantined_at": quarantined.quarantined_at.astimezone(UTC).isoformat(),
        "reason": quarantined.reason,
        "attempts": quarantined.attempts,
        "routing_key": quarantined.routing_key,
        "content_type": quarantined.message.content_type,
        "headers": {name: value for name, value in headers.items() if isinstance(value, str)},
        **body,
    }


def _body(stored: Mapping[str, Any]) -> bytes:
    if "body_base64" in stored:
        return base64.b64decode(stored["body_base64"])
    return str(stored["body"]).encode()
