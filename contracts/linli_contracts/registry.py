"""The registry of events: who publishes what, who subscribes, under which key.

The events of the platform's own services are the modules below `linli_contracts.events`; those of
any other installed service are the modules its manifest names.
"""

from __future__ import annotations

import importlib
import pkgutil

from linli_contracts import events
from linli_contracts.manifest import installed_services
from linli_contracts.schema import REGISTRY, EventType

__all__ = [
    "EventType",
    "UnknownEventType",
    "consumed_by",
    "consumers_of",
    "event_types",
    "find",
    "produced_by",
]


class UnknownEventType(LookupError):
    """No such type in this version of the contracts."""


def find(name: str) -> EventType:
    """The entry of a CloudEvents type such as `linli.grid.request_registered.v1`.

    Raises:
        UnknownEventType: this version of the contracts has no such type.
    """
    try:
        return REGISTRY[name]
    except KeyError:
        raise UnknownEventType(f"no event type {name!r} in the registry") from None


def event_types() -> list[EventType]:
    """All entries, in the order of the services, then as declared."""
    order = {name: place for place, name in enumerate(installed_services())}
    return sorted(REGISTRY.values(), key=lambda entry: order.get(entry.producer, len(order)))


def produced_by(service: str) -> list[EventType]:
    """The event types that a service publishes."""
    return [entry for entry in event_types() if entry.producer == service]


def consumed_by(service: str) -> list[EventType]:
    """The event types that an installed service subscribes to, by its manifest.

    Raises:
        UnknownEventType: the manifest names a type that does not exist.
    """
    manifest = installed_services().get(service)
    wanted = {find(name).name for name in manifest.subscribes} if manifest else set()
    return [entry for entry in event_types() if entry.name in wanted]


def consumers_of(entry: EventType) -> tuple[str, ...]:
    """The installed services that subscribe to a type."""
    return tuple(
        name for name, manifest in installed_services().items() if entry.name in manifest.subscribes
    )


def _load_events() -> None:
    for module in pkgutil.walk_packages(events.__path__, f"{events.__name__}."):
        importlib.import_module(module.name)
    for manifest in installed_services().values():
        for name in manifest.events:
            importlib.import_module(name)


_load_events()
