"""The errors of the grid service; kernel errors give the status, class names the problem type.

DomainError
├── NotFound                 there is no such grid, request or tracking code
├── NotAllowed
│   └── NotYours             it is there, but somebody else's to handle
│       └── ForeignGrid      a grid to draw outside the region of the caller
├── Conflict
│   ├── TransitionRefused    the state of the request does not allow it
│   ├── ConsentNotGiven      there is no consent that could be withdrawn
│   └── DutyTaken            another worker has the duty that only one may have
├── Invalid
│   ├── BadGeometry          a polygon that is none
│   ├── BadGridCode          a grid code that breaks the rules
│   ├── TooComplex           too much to compute with, asked for at once
│   ├── UnknownCategory      not in the service catalogue
│   └── FarOutside           a place too far from every grid to belong to this district
├── TooMany
│   └── TooManyRequests      an account registered as many as it may in an hour
└── Unavailable
    └── GeometryBusy         others compute with as many polygons as may be at once
"""

from __future__ import annotations

import math
from datetime import datetime

from linli_kernel import states
from linli_kernel.errors import Conflict, Invalid, NotAllowed, TooMany, Unavailable


class BadGeometry(Invalid):
    """A polygon that is none, or one that repairing would change too much."""


class BadGridCode(Invalid):
    """A grid code that breaks the rules of the district."""


class GeometryBusy(Unavailable):
    """Others compute with as many polygons as may be at once."""

    message = "Other drawings are being computed; try again in a minute."
    retry_after_s = 60


class TooComplex(Invalid):
    """Too much to compute with, asked for at once."""

    message = (
        "The shapes of these grids could not be compared within {seconds} s; ask for a smaller "
        "region, or draw the largest ones more simply."
    )


class FarOutside(Invalid):
    """A place too far from every grid to be in this district."""

    message = (
        "This place is more than {kilometres} km from every grid of the district; "
        "are longitude and latitude right?"
    )
    pointer = "/longitude"


class TooManyRequests(TooMany):
    """The account registered as many requests in this hour as it may."""

    message = "An account may register {most} requests in an hour; try again later."

    def __init__(self, *, most: int, until: datetime, now: datetime) -> None:
        super().__init__(most=most)
        self.retry_after_s = max(1, math.ceil((until - now).total_seconds()))


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


class ConsentNotGiven(Conflict):
    """There is no consent that could be withdrawn."""

    message = "No consent was given with this request."


class DutyTaken(Conflict):
    """Another worker has the duty that only one may have in a grid."""

    message = "Worker {holder} is the {duty} worker of this grid; relieve that one first."
    pointer = "/duty"
