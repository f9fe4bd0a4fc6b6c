"""What makes an offer of a resource usable, and who may change it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from linli_organization.domain.errors import BadOpeningHours, NotYourResource, UnknownService

OFFERED, WITHDRAWN = "offered", "withdrawn"
WITHDRAWAL_REASONS = ("closed", "moved", "over_committed", "other")
LISTS = ("services", "covers", "languages", "skills")


def normal(offer: Mapping[str, Any]) -> dict[str, Any]:
    """The offer with its lists sorted and without repetition, so that equal offers are equal."""
    tidy = dict(offer) | {name: sorted(set(offer[name])) for name in LISTS}
    hours = offer["hours"]
    tidy["hours"] = hours and {**hours, "days": sorted(set(hours["days"]))}
    return tidy


def check(offer: Mapping[str, Any], catalogue: Collection[str]) -> None:
    """Check an offer against the service catalogue and common sense.

    Raises:
        UnknownService, BadOpeningHours: with a pointer to the field.
    """
    for place, service in enumerate(offer["services"]):
        if service not in catalogue:
            raise UnknownService(
                "The service catalogue has no {service}.",
                service=service,
                pointer=f"/services/{place}",
            )
    hours = offer["hours"]
    if hours and not hours["days"]:
        raise BadOpeningHours(
            "Name at least one day, or give no hours for at any time.", pointer="/hours/days"
        )
    if hours and hours["opens"] >= hours["closes"]:  # HH:MM sorts as time does
        raise BadOpeningHours(
            "It opens at {opens} but closes at {closes}; hours past midnight are given as two resources.",
            opens=hours["opens"],
            closes=hours["closes"],
            pointer="/hours/closes",
        )


def must_be_own(resource_unit_id: UUID, caller_unit_id: UUID | None) -> None:
    """Raise `NotYourResource` unless the caller acts for the unit that offers the resource."""
    if resource_unit_id != caller_unit_id:
        raise NotYourResource("This resource is offered by another unit.")
