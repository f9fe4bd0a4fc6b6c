"""The settings of the service desk, beside those that every service has."""

from __future__ import annotations

from dataclasses import dataclass

from linli_chassis.settings import Settings, setting
from linli_chassis.storage.unit_of_work import UnitOfWork
from linli_contracts.service_catalogue import catalogue_file
from linli_kernel.working_time import CALENDARS, OfficeHours, parse_office_hours
from marshmallow import ValidationError
from marshmallow.validate import OneOf, Range


def _office_hours(text: str) -> OfficeHours:
    try:
        return parse_office_hours(text)
    except ValueError as error:
        raise ValidationError(str(error)) from None


@dataclass(frozen=True, kw_only=True)
class ServiceDeskSettings(Settings):
    """The settings of one service desk."""

    services_file: str | None = setting(
        "LINLI_SERVICES_FILE",
        catalogue_file,
        default=None,
        help="The district's own service catalogue (YAML). "
        "Without it the default catalogue is used.",
    )
    calendar: str = setting(
        "LINLI_CALENDAR",
        "str",
        default="china",
        help="Working days: china (statutory holidays and the weekends worked for them) "
        "or plain (Monday to Friday).",
        validate=OneOf(tuple(CALENDARS), error="must be china or plain"),
    )
    office_hours: OfficeHours = setting(
        "LINLI_OFFICE_HOURS",
        _office_hours,
        default=parse_office_hours("09:00-12:00,13:30-18:00"),
        help="Working hours of a working day, comma-separated, "
        "e.g. 09:00-12:00,13:30-18:00 (the default).",
    )
    reopen_days: int = setting(
        "LINLI_REOPEN_DAYS",
        "int",
        default=10,
        help="Days after its closing within which a case can be reopened.",
        validate=Range(min=0),
    )
    match_batch: int = setting(
        "LINLI_MATCH_BATCH",
        "int",
        default=2000,
        help="Waiting cases that are matched together in one round at most.",
        validate=Range(min=1, max=2000),
    )


Uow = UnitOfWork[ServiceDeskSettings]
"""The unit of work of this service."""
