"""The service catalogue at the HTTP edge."""

from __future__ import annotations

from linli_chassis.http import ResponseSchema
from marshmallow import fields


class Service(ResponseSchema):
    """An entry of the service catalogue. Limits are working hours."""

    code = fields.String(required=True)
    domain = fields.String(required=True)
    name = fields.String(required=True)
    name_zh = fields.String(required=True)
    name_en = fields.String(required=True)
    answer_hours = fields.Float(required=True)
    finish_hours = fields.Float(required=True)
    priority_for = fields.List(fields.String(), required=True)


class Services(ResponseSchema):
    """The service catalogue."""

    items = fields.List(fields.Nested(Service), required=True)
