"""The errors of the grid service; kernel errors give the status, class names the problem type.

DomainError
├── NotFound                 there is no such grid, request or tracking code
├── NotAllowed
│   └── NotYours             it is there, but somebody else's to handle
│       └── ForeignGrid      a grid to draw outside the region of the caller
├── Conflict
│   ├── TransitionRefused    the state of the request does not allow it
│   └── DutyTaken            another worker has the duty that only one may have
└── Invalid
    ├── BadGeometry          a polygon that is none
    ├── BadGridCode          a grid code that breaks the rules
    ├── UnknownCategory      not in the service catalogue
    └── FarOutside           a place too far from every grid to belong to this district
"""

from __future__ import annotations

from linli_kernel import states
from linli_kernel.errors import Conflict, Invalid, NotAllowed


class BadGeometry(Invalid):
    """A polygon that is none, or one that repairing would change too much."""


class BadGridCode(Invalid):
    """A grid code that breaks the rules of the district."""


class FarOutside(Invalid):
    """A place too far from every grid to be in this district."""

    message = (
        "This place is more than {kilometres} km from every grid of the district; "
        "are longitude and latitude right?"
    )
    pointer = "/longitude"


class UnknownCategory(Invalid):
    """The service catalogue has no such entry."""

    message = "The service catalogue has no {category}."
    pointer = "/category"


class NotYours(NotAllowed):
    """It is there, but somebody else's to handle."""


class ForeignGrid(NotYours):
    """A grid to draw is outside the region of the caller."""

    message = "This grid is outside your region."


class TransitionRefused(states.TransitionRefused):
    """The request is not in a state in which this can be done."""

    message = "The request is {state}; this can be done only while it is {allowed}."


class DutyTaken(Conflict):
    """Another worker has the duty that only one may have in a grid."""

    message = "Worker {holder} is the {duty} worker of this grid; relieve that one first."
    pointer = "/duty"
