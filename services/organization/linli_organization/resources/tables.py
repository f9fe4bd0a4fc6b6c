"""The table of resources."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from linli_chassis.storage.records import columns_of, fetch_all
from sqlalchemy.dialects import postgresql as pg

from linli_organization.resources.domain import OFFERED, OpeningHours, Resource
from linli_organization.tables import Query, among, metadata
from linli_organization.units import reference_of


class HoursColumn(sa.TypeDecorator[OpeningHours]):
    """Opening hours, stored as JSON; at any time is NULL."""

    impl = pg.JSONB(none_as_null=True)
    cache_ok = True

    def process_bind_param(
        self, value: OpeningHours | None, _dialect: sa.Dialect
    ) -> dict[str, Any] | None:
        """The JSON of hours."""
        return None if value is None else asdict(value)

    def process_result_value(
        self, value: dict[str, Any] | None, _dialect: sa.Dialect
    ) -> OpeningHours | None:
        """The hours of JSON."""
        return None if value is None else OpeningHours(**{**value, "days": tuple(value["days"])})


_TEXTS = pg.ARRAY(sa.Text, as_tuple=True)

resources = sa.Table(
    "resources",
    metadata,
    sa.Column("resource_id", pg.UUID(as_uuid=True), primary_key=True),
    sa.Column("external_ref", sa.Text, nullable=False, unique=True),
    sa.Column(
        "unit_id", pg.UUID(as_uuid=True), sa.ForeignKey("units.unit_id"), nullable=False, index=True
    ),
    sa.Column("services", _TEXTS, nullable=False),
    sa.Column("capacity_per_day", sa.Integer, nullable=False),
    sa.Column("covers", _TEXTS, nullable=False),
    sa.Column("longitude", sa.Double),
    sa.Column("latitude", sa.Double),
    sa.Column("hours", HoursColumn),
    sa.Column("languages", _TEXTS, nullable=False),
    sa.Column("skills", _TEXTS, nullable=False),
    sa.Column("state", sa.Text, nullable=False, server_default=OFFERED),
    sa.Column("withdrawn_because", sa.Text),
    sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
)


def select_resources() -> Query:
    """All resources, as `Resource` has them."""
    unit_ref = reference_of(resources.c.unit_id).label("unit_ref")
    return sa.select(*columns_of(resources, Resource), unit_ref)


def resources_by_id(
    connection: sa.Connection, resource_ids: Iterable[UUID], *, lock: bool = False
) -> dict[UUID, Resource]:
    """Those of the resources that there are.

    Args:
        lock: let nobody else change them until the end of the transaction.
    """
    query = select_resources().where(among(resources.c.resource_id, resource_ids))
    if lock:  # in the order of the ids, so that two imports at once do not deadlock
        query = query.order_by(resources.c.resource_id).with_for_update(of=resources)
    return {row.resource_id: row for row in fetch_all(connection, query, Resource)}
