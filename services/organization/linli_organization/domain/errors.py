"""The exception tree of the organization service. How an error reaches a client is the matter of
the edge.

OrganizationError
├── Invalid              what was sent cannot be used
│   ├── BadRegionCode        breaks the rules of division codes
│   ├── ForeignDistrict      not below the district that this deployment serves
│   ├── UnknownRegion        a division named is not registered
│   ├── UnknownUnit          a unit named is not registered
│   ├── UnknownService       not in the service catalogue
│   ├── BadOpeningHours      hours at which nobody can come
│   └── GivenTwice           one import says two things of the same
├── NotAllowed           the caller may do this, but not there
│   ├── ForeignRegion        outside the caller's own region
│   └── NotYourResource      offered by another unit
├── NotFound             there is no such thing
└── Conflict             it is there, but not in a state for this
    └── ResourceIsWithdrawn
"""

from __future__ import annotations

from typing import Any


class OrganizationError(Exception):
    """Base of all. `message` is an English template, `params` fill it, `pointer` is a JSON pointer
    into one item.
    """

    def __init__(self, message: str, *, pointer: str | None = None, **params: Any) -> None:
        super().__init__(message)
        self.message, self.pointer, self.params = message, pointer, params

    def __str__(self) -> str:
        return self.message.format(**self.params)


class Invalid(OrganizationError):
    """What was sent cannot be used."""


class BadRegionCode(Invalid):
    """A code that breaks the rules of GB/T 2260 or GB/T 10114."""


class ForeignDistrict(Invalid):
    """A division that is not below the district this deployment serves."""


class UnknownRegion(Invalid):
    """A division that is named but not registered."""


class UnknownUnit(Invalid):
    """A unit that is named but not registered."""


class UnknownService(Invalid):
    """A service that the catalogue does not have."""


class BadOpeningHours(Invalid):
    """Hours at which nobody can come."""


class GivenTwice(Invalid):
    """One import says two different things of the same division, unit or resource."""


class NotAllowed(OrganizationError):
    """The caller's role may do this, but not there."""


class ForeignRegion(NotAllowed):
    """It lies outside the region of the caller."""


class NotYourResource(NotAllowed):
    """The resource is offered by another unit."""


class NotFound(OrganizationError):
    """There is no such unit or resource."""


class Conflict(OrganizationError):
    """It is there, but not in a state for this."""


class ResourceIsWithdrawn(Conflict):
    """An import may not bring back what its unit has withdrawn."""
