"""The manifest of a service is true of its code."""

from __future__ import annotations

import inspect

import pytest
from linli_chassis.messaging.subscriptions import Subscription
from linli_contracts.manifest import api_services, find_service, installed_services
from linli_contracts.registry import consumed_by, produced_by


def subscriptions_of(service: str) -> list[str]:
    """The event types of the `@subscribe` methods of a service class and its bases."""
    methods = inspect.getmembers(find_service(service).load_service(), inspect.isfunction)
    return [
        name
        for _, method in methods
        for entrypoint in getattr(method, "nameko_entrypoints", ())
        if isinstance(entrypoint, Subscription)
        for name in entrypoint.types
    ]


@pytest.mark.parametrize("service", api_services())
def test_a_manifest_subscribes_what_the_service_handles(service: str) -> None:
    handled = subscriptions_of(service)
    assert sorted(handled) == sorted(find_service(service).subscribes)
    assert len(handled) == len(set(handled))


@pytest.mark.parametrize("service", api_services())
def test_a_service_class_has_the_name_and_the_settings_of_its_manifest(service: str) -> None:
    manifest = find_service(service)
    assert manifest.load_service().name == manifest.name
    assert manifest.load_service().settings is manifest.load_settings()


@pytest.mark.parametrize("service", api_services())
def test_no_service_subscribes_to_its_own_events(service: str) -> None:
    assert not {entry.name for entry in consumed_by(service)} & {
        entry.name for entry in produced_by(service)
    }


def test_no_two_services_share_a_port() -> None:
    ports = [manifest.port for manifest in installed_services().values()]
    assert len(ports) == len(set(ports))
