"""The base of every event schema and the decorator that enters it into the catalogue."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, TypeVar

from marshmallow import EXCLUDE, Schema, ValidationError

from linli_contracts import quick

SERVICES = ("organization", "grid", "service_desk", "evaluation")
"""The services of the platform, in the order a request meets them."""


class EventData(Schema):
    """The data of one event type. Subclasses list the fields; unknown ones are ignored on reading."""

    event_type: ClassVar[EventType]

    class Meta:
        unknown = EXCLUDE


@dataclass(frozen=True, slots=True)
class EventType:
    """One entry of the catalogue: a fact that one service publishes and others may subscribe.

    `name` is the CloudEvents type, e.g. `linli.grid.request_registered.v1`.
    """

    producer: str
    fact: str
    version: int
    consumers: tuple[str, ...]
    schema: type[EventData]

    @property
    def name(self) -> str:
        """The CloudEvents type."""
        return f"linli.{self.producer}.{self.fact}.v{self.version}"

    @property
    def dataschema(self) -> str:
        """The URI that names the schema of its data."""
        return f"urn:linli:schema:{self.name}"

    @property
    def summary(self) -> str:
        """What the fact is, in a sentence: the first line of the schema's docstring."""
        return (self.schema.__doc__ or "").strip().splitlines()[0]

    @property
    def key(self) -> str:
        """The field that names the aggregate, whose value is the event's subject: the first one of the schema."""
        return next(iter(_instance(self.schema).fields))

    def routing_key(self, district: str) -> str:
        """The key in the topic exchange; the district leads, so that broker rights can end at it."""
        return f"{district}.{self.producer}.{self.fact}.v{self.version}"

    def dump(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Turn Python values into JSON ones and check them.

        Raises:
            ValidationError: `data` breaks the schema; an event of ours may never do that.
        """
        schema = _instance(self.schema)
        unknown = data.keys() - schema.fields.keys()
        if unknown:
            raise ValidationError({name: ["Not a field of this event."] for name in sorted(unknown)})
        with suppress(Exception):
            written: dict[str, Any] = _ways(self.schema)[1](data)
            return written
        try:
            dumped: dict[str, Any] = schema.dump(data)
        except (AttributeError, TypeError, ValueError, OverflowError) as error:
            # marshmallow takes what it dumps for sound, and trips over a value of another type
            raise ValidationError(f"a value of a wrong type: {error}") from error
        errors = schema.validate(dumped)
        if errors:
            raise ValidationError(errors)
        return dumped

    def load(self, data: Any) -> dict[str, Any]:
        """Turn JSON values into Python ones. Raises `ValidationError`."""
        with suppress(Exception):
            read: dict[str, Any] = _ways(self.schema)[0](data)
            return read
        loaded: dict[str, Any] = _instance(self.schema).load(data)
        return loaded


CATALOGUE: dict[str, EventType] = {}
"""Every event type by its name. Filled by importing `linli_contracts.catalogue`."""

_instances: dict[type[EventData], EventData] = {}


@cache
def _ways(schema: type[EventData]) -> tuple[quick.Way, quick.Way]:
    return quick.ways(_instance(schema))


def _instance(schema: type[EventData]) -> EventData:
    # Building a marshmallow schema costs more than using it, and a schema keeps no state between uses.
    if schema not in _instances:
        _instances[schema] = schema()
    return _instances[schema]


_S = TypeVar("_S", bound=type[EventData])


def event(*, producer: str, consumers: tuple[str, ...] = (), version: int = 1) -> Callable[[_S], _S]:
    """Enter an `EventData` class into the catalogue; its fact is the class name in snake case."""

    def enter(schema: _S) -> _S:
        fact = re.sub(r"(?<!^)(?=[A-Z])", "_", schema.__name__).lower()
        entry = EventType(producer, fact, version, consumers, schema)
        if entry.name in CATALOGUE:
            raise ValueError(f"{entry.name} is in the catalogue already")
        CATALOGUE[entry.name] = entry
        schema.event_type = entry
        return schema

    return enter
