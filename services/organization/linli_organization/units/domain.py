"""Units of the district."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterUnit:
    """Register a unit, or correct what is known of it."""

    external_ref: str
    name: str
    kind: str
    region_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A registered unit. `region_code` is the division where it is registered."""

    unit_id: UUID
    external_ref: str
    name: str
    kind: str
    region_code: str


def unit_of(command: RegisterUnit, unit_id: UUID) -> Unit:
    """The unit that a command registers."""
    return Unit(
        unit_id=unit_id,
        external_ref=command.external_ref,
        name=command.name,
        kind=command.kind,
        region_code=command.region_code,
    )
