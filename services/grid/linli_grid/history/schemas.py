"""Requests of an older system at the HTTP edge."""

from __future__ import annotations

from linli_chassis.http import BodySchema, ImportResponse
from linli_chassis.http.imports import ImportItems
from linli_chassis.http.schemas import InputMoment
from linli_contracts.fields import CHANNELS, OUTCOMES, code, service
from marshmallow import fields, validate

from linli_grid.fields import coordinate_system, latitude, line, longitude
from linli_grid.history.commands import ImportHistory
from linli_grid.history.domain import HistoricRequest


class HistoryItem(BodySchema):
    """A request of an older system."""

    makes = HistoricRequest

    external_ref = line("Its number there.", 200, required=True)
    category = service("From the service catalogue.", required=True)
    channel = code("How it came in.", required=True, validate=validate.OneOf(CHANNELS))
    longitude = longitude()
    latitude = latitude()
    coordinate_system = coordinate_system()
    registered_at = InputMoment(
        required=True, metadata={"description": "When the resident asked, with an offset."}
    )
    outcome = code("How it stands there.", required=True, validate=validate.OneOf(OUTCOMES))
    ended_at = InputMoment(
        load_default=None,
        allow_none=True,
        metadata={"description": "When it was closed or cancelled."},
    )
    reason = code(
        "Why it was cancelled, e.g. withdrawn, referred_out.", load_default=None, allow_none=True
    )


class HistoryImport(BodySchema):
    """Requests of an older system, each judged alone."""

    makes = ImportHistory

    source = code("The older system; with its number it names a request for good.", required=True)
    items = ImportItems(fields.Nested(HistoryItem), required=True)


class HistoryImportResponse(ImportResponse):
    """What became of an import of history."""
