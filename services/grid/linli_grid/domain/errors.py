"""The exception tree of the grid service. How an error reaches a client is the matter of the edge.

GridError
├── Invalid          what was sent cannot be used
│   ├── BadGeometry      a polygon that is none
│   ├── BadGridCode      a grid code that breaks the rules
│   ├── UnknownCategory  not in the service catalogue
│   └── FarOutside       a place too far from every grid to belong to this district
├── NotFound         there is no such thing
├── NotYours         it is there, but somebody else's to handle
└── Conflict         it is there, but not in a state for this
    ├── TransitionRefused
    └── DutyTaken
"""

from __future__ import annotations

from typing import Any


class GridError(Exception):
    """Base of all. `message` is an English template, `params` fill it, `pointer` is a JSON pointer
    into the body.
    """

    def __init__(self, message: str, *, pointer: str | None = None, **params: Any) -> None:
        super().__init__(message)
        self.message, self.pointer, self.params = message, pointer, params

    def __str__(self) -> str:
        return self.message.format(**self.params)


class Invalid(GridError):
    """What was sent cannot be used."""


class BadGeometry(Invalid):
    """A polygon that is none, or one that repairing would change too much."""


class BadGridCode(Invalid):
    """A grid code that breaks the rules of the district."""


class UnknownCategory(Invalid):
    """The service catalogue has no such entry."""


class FarOutside(Invalid):
    """A place too far from every grid to be in this district."""


class NotFound(GridError):
    """There is no such grid, request or tracking code."""


class NotYours(GridError):
    """It is there, but somebody else's to handle."""


class Conflict(GridError):
    """It is there, but not in a state for this."""


class TransitionRefused(Conflict):
    """The request is not in a state in which this can be done."""


class DutyTaken(Conflict):
    """Another worker has the duty that only one may have in a grid."""
