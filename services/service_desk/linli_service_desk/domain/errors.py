"""What the rules of the service desk refuse.

DeskError
├── CaseNotFound          no such case
├── TrackingCodeUnknown   no case under this tracking code
├── TransitionRefused     the table of the seven steps has no such way, or its guard holds
├── ResourceUnfit         the resource chosen by hand cannot take the case
├── CapacityUsedUp        its cases of today are given out
├── NotYourUnit           a provider acts for another unit's case
├── DateNotAhead          a date that must lie ahead does not
├── NotRateable           there is nothing closed to rate
└── AlreadyRated          this closing was rated before
"""

from __future__ import annotations

from typing import Any, ClassVar


class DeskError(Exception):
    """Base of all. `message` is an English template that the edge translates; `pointer` names the
    field at fault.
    """

    message: ClassVar[str]
    pointer: ClassVar[str | None] = None

    def __init__(self, **params: Any) -> None:
        self.params = params
        super().__init__(self.message.format_map(params))


class CaseNotFound(DeskError):
    """No such case."""

    message = "There is no case {case_id}."


class TrackingCodeUnknown(DeskError):
    """No case under this tracking code; also before the request was verified."""

    message = "No case is known under this tracking code."


class TransitionRefused(DeskError):
    """The step is not possible now; says what is possible instead."""

    message = "A case that is {state} does not allow {action} ({why}). Possible now: {possible}."


class ResourceUnfit(DeskError):
    """The resource is unknown, withdrawn, or does not deliver the service."""

    message = "Resource {resource_id} does not offer {service}."
    pointer = "/resource_id"


class CapacityUsedUp(DeskError):
    """The resource has been given as many cases today as it can take."""

    message = "Resource {resource_id} has no capacity left today."
    pointer = "/resource_id"


class NotYourUnit(DeskError):
    """A provider acts only for cases that its own unit was given."""

    message = "This case is not in the hands of your unit."


class DateNotAhead(DeskError):
    """The date must lie in the future."""

    message = "The date must lie in the future."
    pointer = "/resume_at"


class NotRateable(DeskError):
    """Only closed cases are rated."""

    message = "The case is not closed yet, so there is nothing to rate."


class AlreadyRated(DeskError):
    """One verdict for each closing."""

    message = "This was rated already; thank you."
