"""What people see of the service catalogue."""

from __future__ import annotations

from dataclasses import dataclass

from linli_service_desk.catalogue.policy import case_policy
from linli_service_desk.settings import Uow


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
