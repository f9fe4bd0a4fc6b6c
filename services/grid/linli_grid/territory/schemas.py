"""Grids, boundaries and coverage at the HTTP edge."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from linli_chassis.http import (
    BodySchema,
    ImportBody,
    ImportResponse,
    PageQuery,
    ResponseSchema,
    TranslatedText,
    page_of,
)
from linli_chassis.http.paging import MAX_LIMIT
from linli_chassis.i18n import Text
from linli_contracts.fields import grid, name, region
from marshmallow import fields, validate

from linli_grid.geometry import Repair
from linli_grid.staffing import AssignmentResponse, FindingResponse
from linli_grid.territory.domain import DrawGrid, SetBoundary
from linli_grid.territory.queries import CheckCoverage, ListGrids

MAX_HOUSEHOLDS = 100_000


class RepairText(TranslatedText):
    """A repair in words, in the client's language."""

    def _serialize(self, value: Any, attr: str | None, obj: object, **kwargs: object) -> str | None:
        repair: Repair | None = value
        text = None if repair is None else Text(repair.message, **asdict(repair))
        words: str | None = super()._serialize(text, attr, obj, **kwargs)
        return words


def geometry() -> fields.Dict:
    """A GeoJSON geometry; what is in it is checked by `geometry.engine.polygons`."""
    description = "GeoJSON Polygon or MultiPolygon in WGS-84 degrees."
    return fields.Dict(keys=fields.String(), required=True, metadata={"description": description})


def repaired() -> RepairText:
    """What was repaired, or null."""
    return RepairText(
        required=True,
        allow_none=True,
        attribute="repair",
        metadata={"description": "What was repaired."},
    )


class GridItem(BodySchema):
    """One grid to draw, or to draw anew."""

    makes = DrawGrid

    grid_code = grid("12 digits of its community, and 2 or 3 of its own.", required=True)
    name = name("Name of the grid.", required=True)
    households = fields.Integer(
        strict=True,
        load_default=None,
        allow_none=True,
        validate=validate.Range(0, MAX_HOUSEHOLDS),
        metadata={"description": "Households in it; null when not counted yet."},
    )
    geometry = geometry()


GridImport = ImportBody(GridItem)


class RepairedItem(ResponseSchema):
    """An item that was taken after a repair."""

    index = fields.Integer(required=True)
    detail = RepairText(required=True, attribute="repair")


class GridImportResponse(ImportResponse):
    """What became of an import of grids."""

    repaired = fields.List(fields.Nested(RepairedItem), required=True)


class BoundaryBody(BodySchema):
    """The boundary of a community."""

    makes = SetBoundary

    geometry = geometry()


class BoundaryResponse(ResponseSchema):
    """A boundary as it was taken."""

    community_code = fields.String(required=True)
    area_m2 = fields.Float(required=True)
    repaired = repaired()


class GridQuery(PageQuery):
    """Which grids to list."""

    makes = ListGrids

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
    repaired = repaired()
    responsible_worker_id = fields.UUID(
        required=True,
        allow_none=True,
        attribute="staff.responsible_worker_id",
        metadata={
            "description": "Whose its requests are: the full-time worker's, "
            "without one the deputy's."
        },
    )


GridPage = page_of(GridSummary)


class GridResponse(GridSummary):
    """A grid with its shape and its workers."""

    geometry = fields.Dict(required=True)
    workers = fields.List(
        fields.Nested(AssignmentResponse), required=True, attribute="staff.workers"
    )


class CoverageQuery(PageQuery):
    """What to check, and which part of the lists to show."""

    makes = CheckCoverage

    limit = fields.Integer(
        load_default=MAX_LIMIT,
        validate=validate.Range(min=1, max=MAX_LIMIT),
        metadata={"description": "How many items of each list at most."},
    )

    community_code = region(
        "A community, or any other region; the whole district without it.", load_default=None
    )


class SpotResponse(ResponseSchema):
    """A piece of ground, with a point inside."""

    area_m2 = fields.Float(required=True)
    longitude = fields.Float(required=True)
    latitude = fields.Float(required=True)


class OverlapResponse(SpotResponse):
    """Two grids that cover the same ground."""

    grid_codes = fields.List(fields.String(), required=True)


class RepairResponse(ResponseSchema):
    """A grid whose drawing was repaired."""

    grid_code = fields.String(required=True)
    detail = RepairText(required=True, attribute="repair")


class CoverageTotals(ResponseSchema):
    """How many there are of each, on all pages."""

    overlaps = fields.Integer(required=True)
    gaps = fields.Integer(required=True)
    repaired = fields.Integer(required=True)
    findings = fields.Integer(required=True)


class CoverageResponse(ResponseSchema):
    """How seamless the grids are; overlaps and gaps largest first.

    A page holds the next items of every list.
    """

    region_code = fields.String(required=True)
    tolerance_m2 = fields.Float(
        required=True, metadata={"description": "Smaller ones are left out."}
    )
    grids = fields.Integer(required=True)
    area_m2 = fields.Float(
        required=True, metadata={"description": "Ground covered, each place once."}
    )
    overlaps = fields.List(fields.Nested(OverlapResponse), required=True)
    gaps = fields.List(fields.Nested(SpotResponse), required=True)
    repaired = fields.List(fields.Nested(RepairResponse), required=True)
    findings = fields.List(fields.Nested(FindingResponse), required=True)
    totals = fields.Nested(CoverageTotals, required=True)
    next = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "The cursor of the next page, if any list goes on."},
    )
