"""The tables: events and facts, what they are named after, and the periods that were closed."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from linli_evaluation.domain.facts import Fact

metadata = sa.MetaData()

MOMENT = sa.DateTime(timezone=True)

_TYPES: dict[str, sa.types.TypeEngine[Any]] = {
    "UUID": sa.Uuid(),
    "str": sa.Text(),
    "datetime": MOMENT,
    "bool": sa.Boolean(),
    "int": sa.Integer(),
    "float": sa.Double(),
}


def _fact_columns() -> list[sa.Column[Any]]:
    """A column for each field of `Fact`; those that count begin at 0 or false."""
    columns = []
    for each in fields(Fact):
        name, _, optional = str(each.type).partition(" | ")
        begins = {"int": "0", "bool": "false"}.get(name) if not optional else None
        key = each.name == "request_id"
        columns.append(
            sa.Column(
                each.name,
                _TYPES[name],
                nullable=bool(optional),
                server_default=begins,
                primary_key=key,
            )
        )
    return columns


fact_event = sa.Table(
    "fact_event",
    metadata,
    sa.Column("event_id", sa.Uuid, primary_key=True),
    sa.Column("request_id", sa.Uuid, nullable=False),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("time", MOMENT, nullable=False),
    sa.Column("data", pg.JSONB, nullable=False),
    sa.Index("fact_event_request", "request_id"),
    comment="Every event that tells of a request or its case, as it came.",
)

INDEXED_TIMES = (
    "registered_at",
    "answer_due_at",
    "first_dispatched_at",
    "due_at",
    "closed_at",
    "rated_at",
)

fact = sa.Table(
    "fact",
    metadata,
    *_fact_columns(),
    sa.Index("fact_grid", "grid_code", "request_id"),
    *(sa.Index(f"fact_{name}", name) for name in INDEXED_TIMES),
    comment="One row per request, folded from its events.",
)

region = sa.Table(
    "region",
    metadata,
    sa.Column("region_code", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("sequence", sa.BigInteger, nullable=False),
)

unit = sa.Table(
    "unit",
    metadata,
    sa.Column("unit_id", sa.Uuid, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("region_code", sa.Text, nullable=False),
    sa.Column("sequence", sa.BigInteger, nullable=False),
)

grid = sa.Table(
    "grid",
    metadata,
    sa.Column("grid_code", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("households", sa.Integer),
    sa.Column("area_m2", sa.Double, nullable=False),
    sa.Column("event_id", sa.Uuid, nullable=False),
    sa.Column("sequence", sa.BigInteger, nullable=False),
)

staffing = sa.Table(
    "staffing",
    metadata,
    sa.Column("grid_code", sa.Text, primary_key=True),
    sa.Column("worker_id", sa.Uuid, primary_key=True),
    sa.Column("duty", sa.Text, nullable=False),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("event_id", sa.Uuid, nullable=False),
    sa.Column("sequence", sa.BigInteger, nullable=False),
)

definitions = sa.Table(
    "definitions",
    metadata,
    sa.Column("hash", sa.Text, primary_key=True),
    sa.Column("document", pg.JSON, nullable=False),
    comment="The indicator definitions that closed periods were scored by.",
)

closing = sa.Table(
    "closing",
    metadata,
    sa.Column("period", sa.Text, primary_key=True),
    sa.Column("revision", sa.Integer, primary_key=True),
    sa.Column("closed_at", MOMENT, nullable=False),
    sa.Column("closed_by", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, comment="Why it was revised; null for the first."),
    sa.Column("definitions_hash", sa.Text, sa.ForeignKey("definitions.hash"), nullable=False),
    sa.Column("inputs_hash", sa.Text, nullable=False),
)

_OF_CLOSING = ("period", "revision"), ("closing.period", "closing.revision")


def _of_closing() -> tuple[sa.Column[str], sa.Column[int], sa.ForeignKeyConstraint]:
    return (
        sa.Column("period", sa.Text, primary_key=True),
        sa.Column("revision", sa.Integer, primary_key=True),
        sa.ForeignKeyConstraint(*_OF_CLOSING),
    )


scorecard = sa.Table(
    "scorecard",
    metadata,
    *_of_closing(),
    sa.Column("level", sa.Text, primary_key=True),
    sa.Column("subject", sa.Text, primary_key=True),
    sa.Column("scorecard_id", sa.Uuid, nullable=False),
    sa.Column("place", sa.Integer, nullable=False, comment="Order in the list of its level."),
    sa.Column("card", pg.JSON, nullable=False),
)

closed_fact = sa.Table(
    "closed_fact",
    metadata,
    *_of_closing(),
    *_fact_columns(),
    comment="The facts counted, as they stood when the period was closed: what its scorecards open down to.",
)

closed_grid = sa.Table(
    "closed_grid",
    metadata,
    *_of_closing(),
    sa.Column("grid_code", sa.Text, primary_key=True),
    sa.Column("community_code", sa.Text, nullable=False),
    sa.Column("subdistrict_code", sa.Text, nullable=False),
    sa.Column("district_code", sa.Text, nullable=False),
    sa.Column("households", sa.Integer),
    sa.Column("area_m2", sa.Double, nullable=False),
    sa.Column("full_time", sa.Integer, nullable=False),
    sa.Column("part_time", sa.Integer, nullable=False),
    sa.Column("deputy", sa.Integer, nullable=False),
    sa.Column("event_ids", pg.ARRAY(sa.Uuid), nullable=False),
    comment="The grids and their staff as they stood when the period was closed.",
)
