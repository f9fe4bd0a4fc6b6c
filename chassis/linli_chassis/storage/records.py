"""Rows as frozen dataclasses, so that what leaves a query has a type."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Record = TypeVar("Record")


def columns_of(table: sa.Table, record: type[DataclassInstance]) -> list[sa.Column[Any]]:
    """The columns of a table that a record has a field for."""
    return [table.c[field.name] for field in fields(record) if field.name in table.c]


def equal_to(table: sa.Table, **wanted: object) -> list[sa.ColumnElement[bool]]:
    """A condition for each column named whose wanted value is not None."""
    return [table.c[name] == value for name, value in wanted.items() if value is not None]


def fetch_all(
    connection: sa.Connection, query: sa.Select[Any], record: type[Record]
) -> list[Record]:
    """All rows of a query, each as a `record`, whose fields are named like the columns."""
    return [record(**row) for row in connection.execute(query).mappings()]


def fetch_one(
    connection: sa.Connection, query: sa.Select[Any], record: type[Record]
) -> Record | None:
    """The first row of a query as a `record`; None where there is none."""
    row = connection.execute(query).mappings().first()
    return None if row is None else record(**row)
