"""The settings of the organization service, beside those that every service has."""

from __future__ import annotations

from dataclasses import dataclass

from linli_chassis.settings import Settings, setting
from linli_chassis.storage.unit_of_work import UnitOfWork
from linli_contracts.service_catalogue import load_service_items


def _service_codes(path: str) -> frozenset[str]:
    """The codes of a catalogue file. Raises `ValueError` when it cannot be used."""
    try:
        return frozenset(load_service_items(path))
    except OSError as error:
        raise ValueError(f"points at a file that cannot be read: {error.strerror}") from None


@dataclass(frozen=True, kw_only=True)
class OrganizationSettings(Settings):
    """The settings of the organization service."""

    services: frozenset[str] = setting(
        "LINLI_SERVICES_FILE",
        _service_codes,
        default=frozenset(load_service_items()),
        help="Path of the district's own service catalogue (YAML); the default one without it. "
        "Read at start.",
    )


Uow = UnitOfWork[OrganizationSettings]
"""The transaction that commands and queries of this service work in."""
