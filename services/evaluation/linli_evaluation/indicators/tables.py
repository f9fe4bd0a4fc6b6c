"""The definitions that closed periods were scored by, stored under their hash."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.dialects.postgresql import insert

from linli_evaluation.indicators.domain.definitions import Definitions
from linli_evaluation.indicators.domain.parsing import parse_definitions
from linli_evaluation.tables import metadata

definitions = sa.Table(
    "definitions",
    metadata,
    sa.Column("hash", sa.Text, primary_key=True),
    sa.Column("document", pg.JSON, nullable=False),
    comment="The indicator definitions that closed periods were scored by.",
)


def store_definitions(connection: sa.Connection, used: Definitions) -> None:
    """Store the document of definitions under its hash."""
    row = {"hash": used.hash, "document": used.document}
    connection.execute(insert(definitions).values(row).on_conflict_do_nothing())


def load_stored(connection: sa.Connection, hash_: str) -> Definitions:
    """The definitions that were stored under a hash."""
    query = sa.select(definitions.c.document).where(definitions.c.hash == hash_)
    return parse_definitions(connection.execute(query).scalar_one())
