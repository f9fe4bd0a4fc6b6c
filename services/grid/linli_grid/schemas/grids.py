"""Grids, boundaries, coverage and workers at the HTTP edge."""

from __future__ import annotations

from linli_chassis.http import (
    ResponseSchema,
    BodySchema,
    ImportResponse,
    ImportBody,
    PageQuery,
    QuerySchema,
    TranslatedText,
    page_of,
)
from linli_contracts.fields import code, count, grid, identifier, name, region
from marshmallow import fields, validate

from linli_grid.domain.workers import DUTIES


def geometry() -> fields.Dict:
    """A GeoJSON geometry; what is in it is checked by `linli_grid.geometry`."""
    description = "GeoJSON Polygon or MultiPolygon in WGS-84 degrees."
    return fields.Dict(keys=fields.String(), required=True, metadata={"description": description})


class GridItem(BodySchema):
    """One grid to draw, or to draw anew."""

    grid_code = grid("12 digits of its community, and 2 or 3 of its own.", required=True)
    name = name("Name of the grid.", required=True)
    households = count(
        "Households in it; null when not counted yet.", load_default=None, allow_none=True
    )
    geometry = geometry()


GridImport = ImportBody(GridItem)


class RepairedItem(ResponseSchema):
    """An item that was taken after a repair."""

    index = fields.Integer(required=True)
    detail = TranslatedText(required=True)


class GridImportAnswer(ImportResponse):
    """What became of an import of grids."""

    repaired = fields.List(fields.Nested(RepairedItem), required=True)


class BoundaryBody(BodySchema):
    """The boundary of a community."""

    geometry = geometry()


class BoundaryAnswer(ResponseSchema):
    """A boundary as it was taken."""

    community_code = fields.String(required=True)
    area_m2 = fields.Float(required=True)
    repaired = TranslatedText(
        required=True, allow_none=True, metadata={"description": "What was repaired."}
    )


class GridQuery(PageQuery):
    """Which grids to list."""

    region_code = region("Only those under this region.", load_default=None)


class GridSummary(ResponseSchema):
    """A grid without its shape."""

    grid_code = fields.String(required=True)
    community_code = fields.String(required=True)
    name = fields.String(required=True)
    households = fields.Integer(required=True, allow_none=True)
    area_m2 = fields.Float(required=True)
    longitude = fields.Float(
        required=True, metadata={"description": "Of a point inside it, WGS-84."}
    )
    latitude = fields.Float(required=True)
    repaired = TranslatedText(
        required=True, allow_none=True, metadata={"description": "What was repaired."}
    )
    responsible_worker_id = fields.UUID(
        required=True,
        allow_none=True,
        metadata={
            "description": "Whose its requests are: the full-time worker's, without one the deputy's."
        },
    )


GridPage = page_of(GridSummary)


class WorkerAnswer(ResponseSchema):
    """A worker's duty in a grid."""

    worker_id = fields.UUID(required=True)
    duty = fields.String(required=True)


class GridAnswer(GridSummary):
    """A grid with its shape and its workers."""

    geometry = fields.Dict(required=True)
    workers = fields.List(fields.Nested(WorkerAnswer), required=True)


class DutyBody(BodySchema):
    """The duty a worker is given."""

    duty = code("full_time, part_time or deputy.", required=True, validate=validate.OneOf(DUTIES))


class StaffAnswer(ResponseSchema):
    """The workers of a grid after a change."""

    grid_code = fields.String(required=True)
    workers = fields.List(fields.Nested(WorkerAnswer), required=True)
    responsible_worker_id = identifier("Whose its requests are.", required=True, allow_none=True)


class CoverageQuery(QuerySchema):
    """What to check."""

    community_code = region(
        "A community, or any other region; the whole district without it.", load_default=None
    )


class SpotAnswer(ResponseSchema):
    """A piece of ground, with a point inside."""

    area_m2 = fields.Float(required=True)
    longitude = fields.Float(required=True)
    latitude = fields.Float(required=True)


class OverlapAnswer(SpotAnswer):
    """Two grids that cover the same ground."""

    grid_codes = fields.List(fields.String(), required=True)


class RepairAnswer(ResponseSchema):
    """A grid whose drawing was repaired."""

    grid_code = fields.String(required=True)
    detail = TranslatedText(required=True)


class FindingAnswer(ResponseSchema):
    """A grid that is not staffed as it should be."""

    grid_code = fields.String(required=True)
    finding = fields.String(required=True)
    deputy_worker_id = fields.UUID(required=True, allow_none=True)
    detail = TranslatedText(required=True)


class CoverageAnswer(ResponseSchema):
    """How seamless the grids are; overlaps and gaps largest first."""

    region_code = fields.String(required=True)
    tolerance_m2 = fields.Float(
        required=True, metadata={"description": "Smaller ones are left out."}
    )
    grids = fields.Integer(required=True)
    area_m2 = fields.Float(
        required=True, metadata={"description": "Ground covered, each place once."}
    )
    overlaps = fields.List(fields.Nested(OverlapAnswer), required=True)
    gaps = fields.List(fields.Nested(SpotAnswer), required=True)
    repaired = fields.List(fields.Nested(RepairAnswer), required=True)
    findings = fields.List(fields.Nested(FindingAnswer), required=True)
