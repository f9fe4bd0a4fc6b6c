"""The desk of one district: its catalogue, calendar and limits, made from the settings once and
then kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from linli_chassis.storage.unit_of_work import UnitOfWork
from linli_contracts.service_catalogue import ServiceItem, services_of
from linli_kernel.working_time import CALENDARS, Calendar, OfficeHours

from linli_service_desk.domain.case import Rules

UNLISTED_HOURS = (8.0, 40.0)
"""Working hours to answer and to finish for a code that the catalogue does not list: as for
`other.other`.
"""


@dataclass(frozen=True)
class Desk:
    """What the district decides once for all cases."""

    services: dict[str, ServiceItem]
    calendar: Calendar
    reopen_within: timedelta

    def rules(self, service: str) -> Rules:
        """The limits of a service. An unlisted one gets the usual ones: a request is never lost for
        a missing entry.
        """
        entry = self.services.get(service)
        answer, finish = (entry.answer_hours, entry.finish_hours) if entry else UNLISTED_HOURS
        return Rules(self.calendar, answer, finish, self.reopen_within)

    def service_name(self, service: str, language: str) -> str:
        entry = self.services.get(service)
        return entry.name(language) if entry else service

    def midnight(self, now: datetime) -> datetime:
        """When the district's day began, in UTC."""
        return self.calendar.midnight(now)


def desk_of(uow: UnitOfWork) -> Desk:
    """The desk of the district that this unit of work belongs to."""
    told = uow.settings
    return _desk(
        told.services_file, told.calendar, told.office_hours, told.time_zone, told.reopen_days
    )


@cache
def _desk(
    services_file: str | None,
    calendar: str,
    office_hours: OfficeHours,
    zone: ZoneInfo,
    reopen_days: int,
) -> Desk:
    working = Calendar(zone, office_hours, CALENDARS[calendar])
    return Desk(services_of(services_file), working, timedelta(days=reopen_days))
