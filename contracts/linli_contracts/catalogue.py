"""The catalogue of events: who publishes what, who subscribes, under which key."""

from __future__ import annotations

from linli_contracts import events  # noqa: F401  # importing the events enters them
from linli_contracts.schema import CATALOGUE, SERVICES, EventType

__all__ = ["SERVICES", "EventType", "UnknownEventType", "consumed_by", "event_types", "find", "produced_by"]


class UnknownEventType(LookupError):
    """No such type in this version of the contracts."""


def find(name: str) -> EventType:
    """The entry of a CloudEvents type such as `linli.grid.request_registered.v1`.

    Raises:
        UnknownEventType: this version of the contracts has no such type.
    """
    try:
        return CATALOGUE[name]
    except KeyError:
        raise UnknownEventType(f"no event type {name!r} in the catalogue") from None


def event_types() -> list[EventType]:
    """All entries, in the order of the services, then as declared."""
    return sorted(CATALOGUE.values(), key=lambda entry: SERVICES.index(entry.producer))


def produced_by(service: str) -> list[EventType]:
    """The event types that a service publishes."""
    return [entry for entry in event_types() if entry.producer == service]


def consumed_by(service: str) -> list[EventType]:
    """The event types that a service subscribes."""
    return [entry for entry in event_types() if service in entry.consumers]
