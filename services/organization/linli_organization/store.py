"""Tables of the organization service and the queries on them. No rule is decided here."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from linli_organization.domain.regions import prefixes
from linli_organization.domain.resources import OFFERED, WITHDRAWN

metadata = sa.MetaData()

Row = Mapping[str, Any]

regions = sa.Table(
    "regions",
    metadata,
    sa.Column("region_code", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("level", sa.Text, nullable=False),
    sa.Column("parent_code", sa.Text, sa.ForeignKey("regions.region_code"), index=True),
    sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
)

units = sa.Table(
    "units",
    metadata,
    sa.Column("unit_id", pg.UUID(as_uuid=True), primary_key=True),
    sa.Column("external_ref", sa.Text, nullable=False, unique=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column(
        "region_code", sa.Text, sa.ForeignKey("regions.region_code"), nullable=False, index=True
    ),
    sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
)

resources = sa.Table(
    "resources",
    metadata,
    sa.Column("resource_id", pg.UUID(as_uuid=True), primary_key=True),
    sa.Column("external_ref", sa.Text, nullable=False, unique=True),
    sa.Column(
        "unit_id", pg.UUID(as_uuid=True), sa.ForeignKey("units.unit_id"), nullable=False, index=True
    ),
    sa.Column("services", pg.ARRAY(sa.Text), nullable=False),
    sa.Column("capacity_per_day", sa.Integer, nullable=False),
    sa.Column("covers", pg.ARRAY(sa.Text), nullable=False),
    sa.Column("longitude", sa.Double),
    sa.Column("latitude", sa.Double),
    sa.Column("hours", pg.JSONB(none_as_null=True)),
    sa.Column("languages", pg.ARRAY(sa.Text), nullable=False),
    sa.Column("skills", pg.ARRAY(sa.Text), nullable=False),
    sa.Column("state", sa.Text, nullable=False, server_default=OFFERED),
    sa.Column("withdrawn_because", sa.Text),
    sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
)

_NOT_COMPARED = ("external_ref", "updated_at")


def save(connection: sa.Connection, table: sa.Table, rows: Sequence[Row]) -> dict[Any, bool]:
    """Write rows that are new or differ from what stands there, in one statement.

    Returns:
        The keys of the rows written; True for new ones. What is not in it was there already, the
        same in all fields.
    """
    if not rows:
        return {}
    (key,) = table.primary_key.columns
    # In the order of the key, so that two imports at once wait for each other instead of locking
    # each other out.
    statement = pg.insert(table).values(sorted(rows, key=lambda row: str(row[key.name])))
    changeable = [name for name in rows[0] if name != key.name]
    differs = [
        table.c[name].is_distinct_from(statement.excluded[name])
        for name in changeable
        if name not in _NOT_COMPARED
    ]
    upsert = statement.on_conflict_do_update(
        index_elements=[key],
        set_={name: statement.excluded[name] for name in changeable},
        where=sa.or_(*differs),
    )
    # PostgreSQL leaves xmax at 0 on a row that was inserted rather than updated.
    written = connection.execute(
        upsert.returning(key, sa.literal_column("xmax = 0").label("is_new"))
    )
    return {row[0]: row.is_new for row in written}


def known_regions(connection: sa.Connection, codes: Collection[str]) -> set[str]:
    """Which of the codes are registered."""
    return set(
        connection.scalars(
            sa.select(regions.c.region_code).where(_among(regions.c.region_code, codes))
        )
    )


def units_by_id(connection: sa.Connection, unit_ids: Iterable[UUID]) -> dict[UUID, Row]:
    """Those of the units that are registered."""
    query = sa.select(units).where(_among(units.c.unit_id, unit_ids))
    return {row["unit_id"]: row for row in _rows(connection, query)}


def resources_by_id(
    connection: sa.Connection, resource_ids: Iterable[UUID], *, lock: bool = False
) -> dict[UUID, Row]:
    """Those of the resources that are known, with reference and region of their unit.

    Args:
        lock: let nobody else change them until the end of the transaction.
    """
    query = _resources_with_unit().where(_among(resources.c.resource_id, resource_ids))
    if lock:
        query = query.order_by(resources.c.resource_id).with_for_update(of=resources)
    return {row["resource_id"]: row for row in _rows(connection, query)}


def withdraw(connection: sa.Connection, resource_id: UUID, values: Row) -> None:
    """Mark a resource as no longer offered."""
    change = sa.update(resources).where(resources.c.resource_id == resource_id)
    connection.execute(change.values(state=WITHDRAWN, **values))


def list_regions(connection: sa.Connection, wanted: Row) -> list[Row]:
    """Regions by code; `wanted` has parent, level, after and limit, None for any."""
    conditions = [
        (wanted.get("parent"), lambda value: regions.c.parent_code == value),
        (wanted.get("level"), lambda value: regions.c.level == value),
        (wanted.get("after"), lambda value: regions.c.region_code > str(value[0])),
    ]
    return _list(connection, sa.select(regions), conditions, regions.c.region_code, wanted)


def list_units(connection: sa.Connection, wanted: Row) -> list[Row]:
    """Units by their reference; `region_code` takes in all below it."""
    conditions = [
        (wanted.get("kind"), lambda value: units.c.kind == value),
        (
            wanted.get("region_code"),
            lambda value: units.c.region_code.startswith(value, autoescape=True),
        ),
        (wanted.get("external_ref"), lambda value: units.c.external_ref == value),
        (wanted.get("after"), lambda value: units.c.external_ref > str(value[0])),
    ]
    return _list(connection, sa.select(units), conditions, units.c.external_ref, wanted)


def list_resources(connection: sa.Connection, wanted: Row) -> list[Row]:
    """Resources by their reference; `region_code` finds those that serve it, also by covering a
    region above it.
    """
    conditions = [
        (wanted.get("unit_id"), lambda value: resources.c.unit_id == value),
        (wanted.get("service"), lambda value: resources.c.services.contains([value])),
        (wanted.get("region_code"), lambda value: resources.c.covers.overlap(prefixes(value))),
        (wanted.get("external_ref"), lambda value: resources.c.external_ref == value),
        (wanted.get("state"), lambda value: resources.c.state == value),
        (wanted.get("after"), lambda value: resources.c.external_ref > str(value[0])),
    ]
    return _list(connection, _resources_with_unit(), conditions, resources.c.external_ref, wanted)


def _resources_with_unit() -> sa.Select[Any]:
    query = sa.select(
        resources,
        units.c.external_ref.label("unit_ref"),
        units.c.region_code.label("unit_region_code"),
    )
    return query.join_from(resources, units)


def _list(
    connection: sa.Connection,
    query: sa.Select[Any],
    conditions: list[Any],
    order: sa.Column[Any],
    wanted: Row,
) -> list[Row]:
    for value, condition in conditions:
        if value is not None:
            query = query.where(condition(value))
    # One more than asked for tells the page whether there is a next one.
    return _rows(connection, query.order_by(order).limit(wanted["limit"] + 1))


def _rows(connection: sa.Connection, query: sa.Select[Any]) -> list[Row]:
    return [dict(row) for row in connection.execute(query).mappings()]


def _among(column: sa.Column[Any], values: Iterable[Any]) -> sa.ColumnElement[bool]:
    # One array parameter, so that the statement stays the same whatever the number of values.
    return column == sa.any_(sa.bindparam(None, list(values), type_=pg.ARRAY(column.type)))
