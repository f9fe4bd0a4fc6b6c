"""Workers of grids at the HTTP edge."""

from __future__ import annotations

from linli_chassis.http import BodySchema, ResponseSchema, TranslatedText
from linli_contracts.fields import code, identifier
from marshmallow import fields, validate

from linli_grid.staffing.domain import DUTIES, AssignWorker


class DutyBody(BodySchema):
    """The duty a worker is given."""

    makes = AssignWorker

    duty = code("full_time, part_time or deputy.", required=True, validate=validate.OneOf(DUTIES))


class AssignmentResponse(ResponseSchema):
    """A worker's duty in a grid."""

    worker_id = fields.UUID(required=True)
    duty = fields.String(required=True)


class StaffResponse(ResponseSchema):
    """The workers of a grid after a change."""

    grid_code = fields.String(required=True)
    workers = fields.List(fields.Nested(AssignmentResponse), required=True)
    responsible_worker_id = identifier("Whose its requests are.", required=True, allow_none=True)


class FindingResponse(ResponseSchema):
    """A grid that is not staffed as it should be."""

    grid_code = fields.String(required=True)
    finding = fields.String(required=True)
    deputy_worker_id = fields.UUID(required=True, allow_none=True)
    detail = TranslatedText(required=True)
