"""One example of every event type, and new events made from it: for the documents and for tests.

The stored files are CloudEvents in structured JSON, with values of district 110101, and belong to
the contract.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from linli_contracts.envelope import Event, Message, decode
from linli_contracts.schema import EventData, EventType
from uuid_utils.compat import uuid7

EXAMPLES = Path(__file__).parents[3] / "contracts" / "examples"


def stored_example(entry: EventType) -> dict[str, Any]:
    """The example of an event type: a CloudEvent in structured JSON form, its `data` as it is on
    the wire.

    Raises:
        FileNotFoundError: the type has no example.
    """
    example: dict[str, Any] = json.loads(_text(entry.name))
    return example


def stored_event(entry: EventType) -> Event:
    """The stored example as it would be read from the wire."""
    example = stored_example(entry)
    body = json.dumps(example.pop("data")).encode()
    content_type = example.pop("datacontenttype")
    return decode(
        Message({f"ce-{name}": value for name, value in example.items()}, body, content_type)
    )


@cache
def _text(name: str) -> str:
    return (EXAMPLES / f"{name}.json").read_text(encoding="utf-8")


def example_event(
    schema: type[EventData],
    *,
    subject: str | UUID | None = None,
    time: datetime | None = None,
    sequence: int = 1,
    correlation_id: str | UUID | None = None,
    causation_id: str | UUID | None = None,
    **data_overrides: Any,
) -> Event:
    """A valid event of this type with a new id: the stored example with these Python values in
    place of its own.

    The subject follows the aggregate id in the data, the correlation id the request in it (else the
    subject).

    Raises:
        marshmallow.ValidationError: an override is no field of the event, or breaks its schema.
    """
    entry = schema.event_type
    example = stored_example(entry)
    data = entry.load(entry.dump({**entry.load(example["data"]), **data_overrides}))
    aggregate = str(subject or data[entry.key])
    return Event(
        id=uuid7(),
        type=entry.name,
        source=example["source"],
        subject=aggregate,
        time=(time or datetime.fromisoformat(example["time"])).astimezone(UTC),
        sequence=sequence,
        correlation_id=str(correlation_id or data.get("request_id") or aggregate),
        causation_id=None if causation_id is None else str(causation_id),
        data=data,
    )
