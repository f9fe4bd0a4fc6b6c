"""The settings of the grid service, beside those that every service has."""

from __future__ import annotations

from dataclasses import dataclass

from linli_chassis.settings import setting
from linli_chassis.storage.files import FileSettings
from linli_chassis.storage.unit_of_work import UnitOfWork
from linli_contracts.fields import CODE
from linli_contracts.service_catalogue import catalogue_file
from marshmallow.validate import OneOf, Range


@dataclass(frozen=True, kw_only=True)
class GridSettings(FileSettings):
    """What the grid service is configured with."""

    services_file: str | None = setting(
        "LINLI_SERVICES_FILE",
        catalogue_file,
        default=None,
        help="The district's own service catalogue (YAML). "
        "Without it the default catalogue is used.",
    )
    grid_digits: int = setting(
        "LINLI_GRID_DIGITS",
        "int",
        default=3,
        help="Digits of a grid's own after the 12 of its community: "
        "3 (GB/T 34300) or 2 (CJ/T 349).",
        validate=OneOf((2, 3), error="must be 2 or 3"),
    )
    coverage_tolerance_m2: float = setting(
        "LINLI_COVERAGE_TOLERANCE_M2",
        "float",
        default=100.0,
        help="Overlaps and gaps between grids up to this many square metres are not reported.",
        validate=Range(min=0),
    )
    border_m: float = setting(
        "LINLI_BORDER_M",
        "float",
        default=30.0,
        help="Other grids within this many metres of a request's place "
        "are named as its neighbours.",
        validate=Range(min=0),
    )
    max_outside_km: float = setting(
        "LINLI_MAX_OUTSIDE_KM",
        "float",
        default=50.0,
        help="A place further than this many kilometres from every grid is refused.",
        validate=Range(min=0),
    )
    duplicate_radius_m: float = setting(
        "LINLI_DUPLICATE_RADIUS_M",
        "float",
        default=50.0,
        help="Requests of one category within this many metres may be duplicates.",
        validate=Range(min=0),
    )
    duplicate_hours: float = setting(
        "LINLI_DUPLICATE_HOURS",
        "float",
        default=72.0,
        help="Requests of one category within this many hours may be duplicates.",
        validate=Range(min=0),
    )
    registrations_per_hour: int = setting(
        "LINLI_REGISTRATIONS_PER_HOUR",
        "int",
        default=10,
        help="Requests that one resident's account may register in an hour; staff may any number.",
        validate=Range(min=1),
    )
    consent_text: str = setting(
        "LINLI_CONSENT_TEXT",
        "str",
        default="1",
        help="Version of the text that residents consent to; kept with each consent "
        "that names no other.",
        validate=CODE,
    )


Uow = UnitOfWork[GridSettings]
"""The unit of work of this service."""
