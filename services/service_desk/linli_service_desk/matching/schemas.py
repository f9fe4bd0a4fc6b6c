"""Dispatching by hand at the HTTP edge."""

from __future__ import annotations

from linli_chassis.http import BodySchema
from marshmallow import fields

from linli_service_desk.matching.domain import ChosenResource


class DispatchBody(BodySchema):
    """To whom."""

    makes = ChosenResource

    resource_id = fields.UUID(required=True)
