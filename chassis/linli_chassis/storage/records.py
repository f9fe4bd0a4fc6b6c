"""Rows as frozen dataclasses, so that what leaves a query has a type."""

from __future__ import annotations

from typing import Any, TypeVar

import sqlalchemy as sa

Record = TypeVar("Record")


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
