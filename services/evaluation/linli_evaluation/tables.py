"""What the tables of all features share: one metadata, and short names of SQLAlchemy's types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import sqlalchemy as sa

metadata = sa.MetaData()

MOMENT = sa.DateTime(timezone=True)

Column: TypeAlias = sa.ColumnElement[Any]
Columns: TypeAlias = Mapping[str, Column]
Select: TypeAlias = sa.Select[Any]
Condition: TypeAlias = sa.ColumnElement[bool]


def columns_of(rows: sa.FromClause) -> Columns:
    """The columns of a table or subquery by name."""
    return {str(column.key): column for column in rows.columns}
