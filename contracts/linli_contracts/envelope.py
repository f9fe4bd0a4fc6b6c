"""The envelope: events as CloudEvents 1.0 in the binary mode of the RabbitMQ binding, and back."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NoReturn
from uuid import UUID

from marshmallow import ValidationError

from linli_contracts.registry import UnknownEventType, find

MAX_BODY_BYTES = 64 * 1024
CONTENT_TYPE = "application/json"
REQUIRED_ATTRIBUTES = (
    "specversion",
    "id",
    "source",
    "type",
    "subject",
    "time",
    "sequence",
    "correlationid",
)
MAX_SEQUENCE = 2**63 - 1
_SOURCE = re.compile(r"urn:linli:[^:]+:[^:]+")
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_NAME = re.compile(r"[a-z0-9]+")
_TOKEN = re.compile(r"[\x21-\x7e]{1,200}")
_JSON = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


class UnreadableEvent(ValueError):
    """A message that is no event: undecodable, of an unknown type, against its schema, or from a
    source that does not publish its type.
    """


class UnknownEvent(UnreadableEvent):
    """An event of a type that this version of the contracts does not know; a newer one may."""


class EventTooLarge(ValueError):
    """The data of an event is over 64 KiB."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event. `data` holds Python values, as loaded by the schema of its type.

    `time` is when the fact happened (aware, UTC), which for imported history is long before it was
    published. `sequence` counts the events of the aggregate named by `subject`, from 1.
    """

    id: UUID
    type: str
    source: str
    subject: str
    time: datetime
    sequence: int
    correlation_id: str
    data: Mapping[str, Any]
    causation_id: str | None = None
    traceparent: str | None = None

    @property
    def district(self) -> str:
        """The 6-digit code of the district it comes from."""
        return self.source.split(":")[2]


@dataclass(frozen=True, slots=True)
class Message:
    """An event as it travels: CloudEvents headers (`ce-*`), content type and JSON body."""

    headers: Mapping[str, str]
    body: bytes
    content_type: str = CONTENT_TYPE


def source_of(district: str, service: str) -> str:
    """The CloudEvents source of a service of a district."""
    return f"urn:linli:{district}:{service}"


def encode(event: Event) -> Message:
    """Put an event on the wire form.

    Raises:
        UnknownEventType, marshmallow.ValidationError: the event is not as its schema says.
        EventTooLarge: its data is over 64 KiB.
        ValueError: an attribute cannot travel, such as a time without an offset.
    """
    return message_of(event, encode_data(event))


def encode_data(event: Event) -> bytes:
    """The body of an event, checked against its schema. Raises as `encode` does."""
    body = _JSON.encode(find(event.type).dump(event.data)).encode()
    if len(body) > MAX_BODY_BYTES:
        raise EventTooLarge(
            f"{event.type} {event.id} has {len(body)} bytes of data, over {MAX_BODY_BYTES}"
        )
    return body


def message_of(event: Event, body: bytes) -> Message:
    """An event whose data were encoded already, with its headers. Raises `ValueError`."""
    _check(event)
    return Message(_headers(event, find(event.type).dataschema), body)


def _headers(event: Event, dataschema: str) -> dict[str, str]:
    # As the binding of the cloudevents library writes them; a test compares the two.
    headers = {
        "ce-specversion": "1.0",
        "ce-id": str(event.id),
        "ce-source": event.source,
        "ce-type": event.type,
        "ce-subject": event.subject,
        "ce-time": event.time.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z",
        "ce-dataschema": dataschema,
        "ce-sequence": str(event.sequence),
        "ce-partitionkey": event.subject,
        "ce-correlationid": event.correlation_id,
    }
    if event.causation_id is not None:
        headers["ce-causationid"] = event.causation_id
    if event.traceparent is not None:
        headers["ce-traceparent"] = event.traceparent
    return headers


def decode(message: Message) -> Event:
    """Read an event from the wire.

    Raises:
        UnknownEvent: this version of the contracts has no such type.
        UnreadableEvent: with what is wrong, as it will stand in the dead-letter row.
    """
    attributes, data = _attributes(message), _data(message)
    try:
        event_type = find(attributes["type"])
        event = Event(
            id=UUID(attributes["id"]),
            type=attributes["type"],
            source=attributes["source"],
            subject=attributes["subject"],
            time=datetime.fromisoformat(attributes["time"].upper()).astimezone(UTC),
            sequence=int(attributes["sequence"]),
            correlation_id=attributes["correlationid"],
            causation_id=attributes.get("causationid"),
            traceparent=attributes.get("traceparent"),
            data=event_type.load(data),
        )
        _check(event)
    except UnknownEventType as error:
        raise UnknownEvent(str(error)) from error
    except ValidationError as error:
        raise UnreadableEvent(f"data against its schema: {json.dumps(error.messages)}") from error
    except (ValueError, OverflowError) as error:
        raise UnreadableEvent(f"bad attribute: {error}") from error
    if event.source != source_of(event.district, event_type.producer):
        reason = f"{event.type} is published by {event_type.producer}, not by {event.source}"
        raise UnreadableEvent(reason)
    return event


def _attributes(message: Message) -> dict[str, Any]:
    """The attributes of a CloudEvent in binary mode; `time` as an aware datetime."""
    attributes: dict[str, Any] = {
        name.lower()[3:]: value
        for name, value in message.headers.items()
        if isinstance(value, str) and name.lower().startswith("ce-")
    }
    missing = [f"ce-{name}" for name in REQUIRED_ATTRIBUTES if name not in attributes]
    if missing:
        raise UnreadableEvent(f"no header {', '.join(missing)}")
    if attributes["specversion"] != "1.0":
        raise UnreadableEvent(f"bad attribute: specversion {attributes['specversion']!r}")
    if not all(map(_NAME.fullmatch, attributes)) or "data" in attributes:
        raise UnreadableEvent("bad attribute: a name is not of lower-case letters and digits")
    if not _TIME.fullmatch(attributes["time"]):
        raise UnreadableEvent(f"bad attribute: time {attributes['time'][:40]!r} is not RFC 3339")
    return attributes


def _data(message: Message) -> Any:
    if (message.content_type or "").partition(";")[0].strip().lower() != CONTENT_TYPE:
        raise UnreadableEvent(f"content type {message.content_type!r} is not {CONTENT_TYPE}")
    if len(message.body) > MAX_BODY_BYTES:
        raise UnreadableEvent(f"{len(message.body)} bytes of data, over {MAX_BODY_BYTES}")
    try:
        data = json.loads(message.body.decode("utf-8"), parse_constant=_no_constant)
        if (
            b"\\u" in message.body
        ):  # an escape may hide half a surrogate pair, which no database takes as text
            json.dumps(data, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError) as error:
        raise UnreadableEvent(f"undecodable: {error}") from error
    return data


def _check(event: Event) -> None:
    """Raise `ValueError` for an attribute that a store or a header of another system could not
    take.
    """
    if event.time.tzinfo is None:
        raise ValueError("time has no offset")
    if not 1 <= event.sequence <= MAX_SEQUENCE:
        raise ValueError(f"sequence {event.sequence} is not within 1 and {MAX_SEQUENCE}")
    if not _SOURCE.fullmatch(event.source):
        raise ValueError(f"source {event.source!r} is not urn:linli:<district>:<service>")
    for name in ("source", "subject", "correlation_id", "causation_id", "traceparent"):
        value = getattr(event, name)
        if value is not None and not _TOKEN.fullmatch(value):
            raise ValueError(f"{name} {value!r} is not 1 to 200 printable ASCII characters")


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")
