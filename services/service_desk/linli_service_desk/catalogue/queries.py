"""What the service catalogue says: the policy for the cases of each service, and the list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from zoneinfo import ZoneInfo

from linli_contracts.service_catalogue import ServiceItem, services_of
from linli_kernel.working_time import CALENDARS, Calendar, OfficeHours

from linli_service_desk.settings import Uow


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Working hours within which a case of a service is answered, and finished."""

    answer_hours: float
    finish_hours: float


UNLISTED = Deadlines(answer_hours=8.0, finish_hours=40.0)
"""For a code that the catalogue does not list: as for `other.other`."""


@dataclass(frozen=True, slots=True)
class CasePolicy:
    """What the district decides once for all its cases. `services` is by code."""

    services: Mapping[str, ServiceItem]
    calendar: Calendar
    reopen_within: timedelta

    def deadlines(self, service: str) -> Deadlines:
        """The deadlines of a service. A request is never lost because its service is unlisted."""
        item = self.services.get(service)
        return Deadlines(item.answer_hours, item.finish_hours) if item else UNLISTED

    def service_name(self, service: str, language: str) -> str:
        """The name of a service in a language; its code when it is unlisted."""
        item = self.services.get(service)
        return item.name(language) if item else service


def case_policy(uow: Uow) -> CasePolicy:
    """The policy of the district that this unit of work belongs to."""
    settings = uow.settings
    return _policy(
        settings.services_file,
        settings.calendar,
        settings.office_hours,
        settings.time_zone,
        settings.reopen_days,
    )


@cache
def _policy(
    services_file: str | None,
    calendar: str,
    office_hours: OfficeHours,
    zone: ZoneInfo,
    reopen_days: int,
) -> CasePolicy:
    working_time = Calendar(zone, office_hours, CALENDARS[calendar])
    return CasePolicy(services_of(services_file), working_time, timedelta(days=reopen_days))


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedService:
    """An entry of the catalogue; `name` is in the language that was asked for."""

    code: str
    domain: str
    name: str
    name_zh: str
    name_en: str
    answer_hours: float
    finish_hours: float
    priority_for: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ServiceList:
    """The whole catalogue."""

    items: list[ListedService]


def list_services(uow: Uow, language: str) -> ServiceList:
    """The service catalogue, in its own order."""
    items = [
        ListedService(
            code=item.code,
            domain=item.domain,
            name=item.name(language),
            name_zh=item.name_zh,
            name_en=item.name_en,
            answer_hours=item.answer_hours,
            finish_hours=item.finish_hours,
            priority_for=item.priority_for,
        )
        for item in case_policy(uow).services.values()
    ]
    return ServiceList(items)
