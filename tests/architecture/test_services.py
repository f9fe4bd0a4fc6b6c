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
from linli_chassis.process.runtime import service_class
from linli_chassis.storage.database import create_engine, metadata
from linli_contracts import events
from linli_contracts.manifest import api_services
from linli_contracts.registry import consumed_by
from linli_devkit.client import ServiceUnderTest
from linli_devkit.contracts.examples import example_event
from openapi_spec_validator import validate


def entrypoints(service: str) -> list[tuple[str, Any]]:
    return [
        (name, entrypoint)
        for name, method in inspect.getmembers(service_class(service), inspect.isfunction)
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
    for route in routes_of(service_class(service)):
        assert route.summary, route.path
        assert route.public or route.roles, route.path


@pytest.mark.parametrize("service", api_services())
def test_a_service_subscribes_exactly_what_the_catalogue_says_it_consumes(service: str) -> None:
    assert sorted(subscribed(service)) == sorted(entry.name for entry in consumed_by(service))


@pytest.mark.parametrize("name", [name for name in api_services() if consumed_by(name)])
def test_a_second_delivery_changes_nothing(
    name: str, service: Callable[..., ServiceUnderTest]
) -> None:
    under_test = service(service_class(name))
    examples = [example_event(entry.schema) for entry in consumed_by(name)]
    under_test.deliver(*examples)
    first = rows_of(under_test)
    under_test.deliver(*examples)
    for example in reversed(examples):
        under_test.deliver(example)
    assert rows_of(under_test) == first


def rows_of(under_test: ServiceUnderTest) -> dict[str, list[str]]:
    """All rows of all tables, as text, but those of the inbox, which counts."""
    with under_test.unit_of_work() as uow:
        names = sa.inspect(uow.connection).get_table_names(schema=under_test.runtime.service)
        return {
            name: sorted(
                str(row) for row in uow.connection.execute(sa.text(f'SELECT * FROM "{name}"'))
            )
            for name in names
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
            "include_name": lambda name, kind, _parents: (
                (kind, name) != ("table", "alembic_version")
            )
        }
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, declared) == []
    engine.dispose()


def tables_of(service: str) -> list[sa.Table]:
    """The tables of the chassis and those declared in the store of a service, a module or a
    package.
    """
    store = importlib.import_module(f"linli_{service}.store")
    names = [
        store.__name__,
        *(found.name for found in pkgutil.iter_modules(getattr(store, "__path__", ()), "x.")),
    ]
    modules = [importlib.import_module(name.replace("x.", f"{store.__name__}.")) for name in names]
    tables = {
        value
        for module in modules
        for value in vars(module).values()
        if isinstance(value, sa.Table)
    }
    assert tables
    return sorted({*metadata.tables.values(), *tables}, key=lambda table: table.name)


@pytest.mark.parametrize("service", api_services())
def test_the_openapi_document_is_valid(service: str) -> None:
    document = openapi_of(service_class(service))
    assert document["openapi"].startswith("3.1")
    validate(document)


def test_all_events_modules_belong_to_a_service() -> None:
    assert sorted(events.__all__) == sorted(api_services())


def test_the_tests_run_with_utf8() -> None:
    assert os.fsdecode("邻里".encode()) == "邻里"
