"""What holds for every route, subscription, event and table of every service."""

from __future__ import annotations

import importlib
import inspect
import os
import pkgutil
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from linli_chassis.http import routes_of
from linli_chassis.http.openapi import openapi_of
from linli_chassis.messaging.subscriptions import Subscription
from linli_chassis.storage.database import create_engine
from linli_contracts import events
from linli_contracts.manifest import api_services, find_service
from linli_contracts.registry import consumed_by, event_types
from linli_devkit.client import ServiceUnderTest
from linli_devkit.contracts.examples import example_event
from openapi_spec_validator import validate

CHASSIS = {"alembic_version", "inbox", "inbox_audit", "outbox", "stream", "idempotency"}
"""Tables that every service has, from the migrations of the chassis alone."""


def load_service(name: str) -> Any:
    return find_service(name).load_service()


def entrypoints(service: str) -> list[tuple[str, Any]]:
    return [
        (name, entrypoint)
        for name, method in inspect.getmembers(load_service(service), inspect.isfunction)
        for entrypoint in getattr(method, "nameko_entrypoints", ())
    ]


def subscribed(service: str) -> list[str]:
    return [
        name
        for _, entry in entrypoints(service)
        if isinstance(entry, Subscription)
        for name in entry.types
    ]


@pytest.mark.parametrize("service", api_services())
def test_every_route_says_who_may_use_it_and_what_it_is_for(service: str) -> None:
    for route in routes_of(load_service(service)):
        assert route.summary, route.path
        assert route.public or route.roles, route.path


@pytest.mark.parametrize("service", api_services())
def test_a_service_subscribes_exactly_what_the_catalogue_says_it_consumes(service: str) -> None:
    assert sorted(subscribed(service)) == sorted(entry.name for entry in consumed_by(service))


@pytest.mark.parametrize("name", [name for name in api_services() if consumed_by(name)])
def test_a_second_delivery_changes_nothing(
    name: str, service: Callable[..., ServiceUnderTest]
) -> None:
    under_test = service(load_service(name))
    examples = [example_event(entry.schema) for entry in consumed_by(name)]
    under_test.deliver(*examples)
    first = rows_of(under_test)
    under_test.deliver(*examples)
    assert rows_of(under_test) == first
    under_test.forget()
    under_test.deliver(*examples)
    for example in reversed(examples):
        under_test.forget()
        under_test.deliver(example)
    assert rows_of(under_test) == first


def rows_of(under_test: ServiceUnderTest) -> dict[str, list[str]]:
    """All rows of all tables, as text, but those that count deliveries and changes."""
    with under_test.unit_of_work() as uow:
        names = sa.inspect(uow.connection).get_table_names(schema=under_test.runtime.service)
        names = [name for name in names if name not in ("inbox", "counted_change")]
        tables = {name: sa.table(name) for name in names}
        return {
            name: sorted(
                map(str, uow.connection.execute(sa.select(sa.text("*")).select_from(table)))
            )
            for name, table in tables.items()
        }


@pytest.mark.parametrize("service", api_services())
def test_the_migrations_make_the_tables_that_the_code_declares(
    service: str, database: Callable[[list[str]], str]
) -> None:
    engine = create_engine(database([service]), service)
    declared = sa.MetaData()
    for table in tables_of(service):
        table.to_metadata(declared)
    with engine.connect() as connection:
        options = {
            "include_name": lambda name, kind, _parents: kind != "table" or name not in CHASSIS
        }
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, declared) == []
    engine.dispose()


def tables_of(service: str) -> list[sa.Table]:
    """The tables that the features of a service declare."""
    package = importlib.import_module(f"linli_{service}")
    tables = {
        value
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
        if ".tables" in module.name or module.name.endswith("tables")
        for value in vars(importlib.import_module(module.name)).values()
        if isinstance(value, sa.Table)
    }
    assert tables
    return sorted(tables, key=lambda table: table.name)


@pytest.mark.parametrize("service", api_services())
def test_the_openapi_document_is_valid(service: str) -> None:
    document = openapi_of(load_service(service))
    assert document["openapi"].startswith("3.1")
    validate(document)


def test_all_events_packages_belong_to_a_service() -> None:
    names = {module.name for module in pkgutil.iter_modules(events.__path__)}
    assert names == {entry.producer for entry in event_types()}
    assert names <= set(api_services())


def test_the_tests_run_with_utf8() -> None:
    assert os.fsdecode("邻里".encode()) == "邻里"
