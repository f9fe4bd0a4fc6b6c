"""Resources of units: what makes an offer usable, and what follows when it changes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar
from uuid import UUID

from linli_kernel.errors import Conflict, Invalid, NotAllowed

OFFERED, WITHDRAWN = "offered", "withdrawn"
WITHDRAWAL_REASONS = ("closed", "moved", "over_committed", "other")


class UnknownUnit(Invalid):
    """A unit that is named but not registered."""

    message = "There is no unit {unit_ref}."
    pointer = "/unit_ref"


class UnknownService(Invalid):
    """A service that the catalogue does not have."""

    message = "The service catalogue has no {service}."


class BadOpeningHours(Invalid):
    """Hours at which nobody can come."""


class NotYourResource(NotAllowed):
    """The resource is offered by another unit."""

    message = "This resource is offered by another unit."


class ResourceIsWithdrawn(Conflict):
    """An import may not bring back what its unit has withdrawn."""

    message = "{external_ref} was withdrawn; change it by its id to offer it again."
    pointer = "/external_ref"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningHours:
    """When a resource can be asked for, in the time zone of the district.

    `days` are ISO weekdays, 1 is Monday; `opens` and `closes` are HH:MM, and 24:00 is midnight.
    """

    days: Sequence[int]
    opens: str
    closes: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What a resource can do, how much, for whom and when.

    `covers` are the codes of divisions, each with all below it; longitude and latitude are WGS-84
    degrees, both or neither; `hours` None is at any time.
    """

    services: Sequence[str]
    capacity_per_day: int
    covers: Sequence[str]
    longitude: float | None
    latitude: float | None
    hours: OpeningHours | None
    languages: Sequence[str]
    skills: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferResource(Offer):
    """Offer a resource of a unit, or change what it offers; both are named by their references."""

    external_ref: str
    unit_ref: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """Withdraw a resource, for one of `WITHDRAWAL_REASONS`."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource(Offer):
    """A resource as it stands. `withdrawn_because` is None while it is offered."""

    resource_id: UUID
    external_ref: str
    unit_id: UUID
    unit_ref: str
    state: str = OFFERED
    withdrawn_because: str | None = None

    @property
    def is_withdrawn(self) -> bool:
        return self.state == WITHDRAWN

    def offering(self, offer: Offer) -> Resource:
        """The same resource with another offer; one that was withdrawn is offered again."""
        return replace(self, **_values(offer), state=OFFERED, withdrawn_because=None)

    def withdrawn(self, reason: str | None) -> Resource:
        """The same resource, no longer offered."""
        return replace(self, state=WITHDRAWN, withdrawn_because=reason)


def resource_of(command: OfferResource, resource_id: UUID, unit_id: UUID) -> Resource:
    """The resource that a command offers."""
    return Resource(
        resource_id=resource_id,
        external_ref=command.external_ref,
        unit_id=unit_id,
        unit_ref=command.unit_ref,
        **_values(command),
    )


OfferT = TypeVar("OfferT", bound=Offer)


def checked(offer: OfferT, catalogue: Collection[str]) -> OfferT:
    """A checked offer in its normal form.

    Args:
        catalogue: the codes of the service catalogue.
    Raises:
        UnknownService, BadOpeningHours: with a pointer to the field as it was sent.
    """
    for place, service in enumerate(offer.services):
        if service not in catalogue:
            raise UnknownService(service=service, pointer=f"/services/{place}")
    if offer.hours is not None:
        _check_hours(offer.hours)
    return normalized(offer)


def normalized(offer: OfferT) -> OfferT:
    """The offer with its lists sorted and without repetition, so that equal offers are equal."""
    hours = offer.hours
    return replace(
        offer,
        services=_distinct(offer.services),
        covers=_distinct(offer.covers),
        languages=_distinct(offer.languages),
        skills=_distinct(offer.skills),
        hours=hours and replace(hours, days=tuple(sorted(set(hours.days)))),
    )


def must_have_unit(resource: Resource, units: Collection[UUID]) -> None:
    """Raise `UnknownUnit` unless the unit of a resource is among the registered ones."""
    if resource.unit_id not in units:
        raise UnknownUnit(unit_ref=resource.unit_ref)


def must_not_revive(before: Mapping[UUID, Resource], resource: Resource) -> None:
    """Raise `ResourceIsWithdrawn` where an import changes a resource that was withdrawn."""
    stored = before.get(resource.resource_id)
    if stored is None or not stored.is_withdrawn:
        return
    if resource.withdrawn(stored.withdrawn_because) != stored:
        raise ResourceIsWithdrawn(external_ref=resource.external_ref)


def _check_hours(hours: OpeningHours) -> None:
    if not hours.days:
        raise BadOpeningHours(
            "Name at least one day, or give no hours for at any time.", pointer="/hours/days"
        )
    if hours.opens >= hours.closes:  # HH:MM sorts as time does
        raise BadOpeningHours(
            "It opens at {opens} but closes at {closes}; "
            "hours past midnight are given as two resources.",
            opens=hours.opens,
            closes=hours.closes,
            pointer="/hours/closes",
        )


def _distinct(values: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted(set(values)))


def _values(offer: Offer) -> dict[str, Any]:
    """What an offer says, without what a subclass adds."""
    return {field.name: getattr(offer, field.name) for field in fields(Offer)}
