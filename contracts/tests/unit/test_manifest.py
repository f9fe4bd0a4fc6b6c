"""Services are discovered by the entry points of what is installed; nothing lists them."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import EntryPoint, EntryPoints
from typing import Any

import pytest
from linli_contracts import manifest as module
from linli_contracts.manifest import (
    Manifest,
    api_services,
    find_service,
    installed_services,
    load,
)


def manifest(name: str, port: int, **more: Any) -> Manifest:
    settings = f"linli_{name}.settings:Settings"
    return Manifest(name=name, summary="For a test.", port=port, settings=settings, **more)


PARKS = manifest("parks", 9002, service="linli_parks.service:ParksService")
HERBS = manifest("herbs", 9001, service="linli_herbs.service:HerbsService")
DIGEST = manifest("digest", 9003, run="linli_digest.process:run")


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Three services beside this process, found in no order worth mentioning."""
    installed = EntryPoints(
        EntryPoint(name.lower(), f"{__name__}:{name}", module.GROUP)
        for name in ("PARKS", "DIGEST", "HERBS")
    )
    monkeypatch.setattr(module, "entry_points", lambda group: installed.select(group=group))
    monkeypatch.setattr(EntryPoint, "load", lambda entry: globals()[entry.attr])
    installed_services.cache_clear()
    yield
    installed_services.cache_clear()


@pytest.mark.usefixtures("installed")
def test_what_is_installed_is_found_in_the_order_of_its_ports() -> None:
    assert installed_services() == {"herbs": HERBS, "parks": PARKS, "digest": DIGEST}
    assert list(installed_services()) == ["herbs", "parks", "digest"]


@pytest.mark.usefixtures("installed")
def test_services_without_routes_are_installed_and_are_no_api_services() -> None:
    assert api_services() == ("herbs", "parks")
    with pytest.raises(LookupError, match="digest has no HTTP"):
        find_service("digest").load_service()


@pytest.mark.usefixtures("installed")
def test_a_service_that_is_not_installed_is_named_beside_those_that_are() -> None:
    assert find_service("parks") is PARKS
    with pytest.raises(LookupError, match=r"no service 'lost' .* herbs, parks, digest"):
        find_service("lost")


def test_the_package_of_a_service_is_that_of_its_settings() -> None:
    assert PARKS.package == "linli_parks"
    assert manifest("x", 1).package == "linli_x"


def test_a_reference_is_loaded_by_module_and_attribute() -> None:
    assert load("linli_contracts.manifest:Manifest") is Manifest
    with pytest.raises(AttributeError):
        load("linli_contracts.manifest:Nothing")


def test_the_services_of_the_platform_are_ordered_as_a_request_meets_them() -> None:
    assert api_services()[:4] == ("organization", "grid", "service_desk", "evaluation")
    assert not {"organization", "grid", "service_desk", "evaluation"} - installed_services().keys()
