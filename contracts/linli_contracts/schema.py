"""The base of every event, and the decorator that enters it into the registry.

An event is declared once, as a class with a marshmallow field for each of its values. The class
makes the events that a service emits; its schema checks and writes them, and reads them again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, Protocol, Self, TypeVar, dataclass_transform

from marshmallow import EXCLUDE, Schema, ValidationError, fields, missing

from linli_contracts import fast_path
from linli_contracts import fields as kinds


class DataSchema(Schema):
    """The schema of an event's data; unknown fields are ignored on reading."""

    event_type: ClassVar[EventType]

    class Meta:
        unknown = EXCLUDE
        register = False


class HasData(Protocol):
    """An event as it was received."""

    @property
    def data(self) -> Mapping[str, Any]: ...


@dataclass_transform(
    kw_only_default=True,
    frozen_default=True,
    field_specifiers=(
        kinds.code,
        kinds.count,
        kinds.digest,
        kinds.flag,
        kinds.grid,
        kinds.identifier,
        kinds.integer,
        kinds.list_of,
        kinds.moment,
        kinds.name,
        kinds.nested,
        kinds.number,
        kinds.place,
        kinds.region,
        kinds.service,
    ),
)
class EventData:
    """The data of one event: `CaseAccepted(case_id=..., request_id=..., ...)`.

    A subclass annotates each field with its Python type and gives it a marshmallow field from
    `linli_contracts.fields`. Field values are checked by `dump`, not here.
    """

    event_type: ClassVar[EventType]
    schema: ClassVar[type[DataSchema]] = DataSchema

    def __init_subclass__(cls) -> None:
        own = {name: value for name, value in vars(cls).items() if isinstance(value, fields.Field)}
        for name in own:
            delattr(cls, name)
        attributes = {**own, "__doc__": cls.__doc__, "__module__": cls.__module__}
        cls.schema = type(cls.__name__, (cls.schema,), attributes)

    def __init__(self, **values: Any) -> None:
        """Raises `TypeError` for a field that is missing or unknown."""
        if values.keys() != schema_instance(self.schema).fields.keys():
            values = self._completed(values)
        vars(self).update(values)

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError("an event is not changed")

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and vars(other) == vars(self)

    def __hash__(self) -> int:
        return hash(self.subject)

    def __repr__(self) -> str:
        # Ids and codes only: repr() ends up in logs and test reports.
        return f"{type(self).__name__}({self.subject})"

    @classmethod
    def _completed(cls, values: dict[str, Any]) -> dict[str, Any]:
        """The values with the defaults of those that were left out. Raises `TypeError`."""
        declared = schema_instance(cls.schema).fields
        wrong = values.keys() - declared.keys()
        wrong |= {name for name, field in declared.items() if field.required} - values.keys()
        if wrong:
            raise TypeError(f"{cls.__name__}: missing or unknown: {sorted(wrong)}")
        defaults = {
            name: field.load_default
            for name, field in declared.items()
            if name not in values and field.load_default is not missing
        }
        made = {name: value() if callable(value) else value for name, value in defaults.items()}
        return {**values, **made}

    @classmethod
    def of(cls, event: HasData) -> Self:
        """The data of an event that was received."""
        return cls(**event.data)

    @property
    def values(self) -> Mapping[str, Any]:
        """The fields and their Python values."""
        return vars(self)

    @property
    def subject(self) -> str:
        """The id of the aggregate it happened to."""
        return str(vars(self)[self.event_type.key])


@dataclass(frozen=True, slots=True)
class EventType:
    """One entry of the registry: what one service publishes and others may subscribe to.

    `name` is the CloudEvents type, e.g. `linli.grid.request_registered.v1`; `key` the field that
    names the aggregate, whose value is the event's subject.
    """

    producer: str
    event_name: str
    version: int
    key: str
    schema: type[DataSchema]

    @property
    def name(self) -> str:
        """The CloudEvents type."""
        return f"linli.{self.producer}.{self.event_name}.v{self.version}"

    @property
    def dataschema(self) -> str:
        """The URI that names the schema of its data."""
        return f"urn:linli:schema:{self.name}"

    @property
    def summary(self) -> str:
        """What happened, in a sentence: the first line of the class's docstring."""
        return (self.schema.__doc__ or "").strip().splitlines()[0]

    def routing_key(self, district: str) -> str:
        """The key in the topic exchange; the district leads, so that broker rights end at it."""
        return f"{district}.{self.producer}.{self.event_name}.v{self.version}"

    def dump(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Turn Python values into JSON ones and check them.

        Raises:
            ValidationError: `data` breaks the schema; an event of ours may never do that.
        """
        schema = schema_instance(self.schema)
        unknown = data.keys() - schema.fields.keys()
        if unknown:
            raise ValidationError(
                {name: ["Not a field of this event."] for name in sorted(unknown)}
            )
        with suppress(*fast_path.REFUSALS):
            return _codecs(self.schema)[1](data)
        try:
            dumped: dict[str, Any] = schema.dump(data)
        except (AttributeError, TypeError, ValueError, OverflowError) as error:
            # marshmallow trusts what it dumps, and fails on a value of another type
            raise ValidationError(f"a value of a wrong type: {error}") from error
        errors = schema.validate(dumped)
        if errors:
            raise ValidationError(errors)
        return dumped

    def load(self, data: Any) -> dict[str, Any]:
        """Turn JSON values into Python ones. Raises `ValidationError`."""
        with suppress(*fast_path.REFUSALS):
            return _codecs(self.schema)[0](data)
        loaded: dict[str, Any] = schema_instance(self.schema).load(data)
        return loaded


REGISTRY: dict[str, EventType] = {}
"""Every event type by its name. Filled by `linli_contracts.registry`."""


@cache
def _codecs(schema: type[DataSchema]) -> tuple[fast_path.Codec, fast_path.Codec]:
    try:
        return fast_path.codecs(schema_instance(schema))
    except (KeyError, TypeError):
        return _left_to_marshmallow, _left_to_marshmallow


def _left_to_marshmallow(_data: Any) -> dict[str, Any]:
    raise ValueError


@cache
def schema_instance(schema: type[DataSchema]) -> DataSchema:
    """The one instance of a schema: building one costs more than using it."""
    return schema()


_E = TypeVar("_E", bound=type[EventData])


def event(*, producer: str, key: str, version: int = 1) -> Callable[[_E], _E]:
    """Enter an `EventData` class into the registry; its name is the class name in snake case."""

    def enter(data: _E) -> _E:
        event_name = re.sub(r"(?<!^)(?=[A-Z])", "_", data.__name__).lower()
        entry = EventType(producer, event_name, version, key, data.schema)
        if entry.name in REGISTRY:
            raise ValueError(f"{entry.name} is in the registry already")
        if key not in schema_instance(data.schema).fields:
            raise ValueError(f"{entry.name} has no field {key}")
        REGISTRY[entry.name] = entry
        data.event_type = data.schema.event_type = entry
        return data

    return enter
