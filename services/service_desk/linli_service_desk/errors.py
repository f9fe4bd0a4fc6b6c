"""What the rules of the service desk refuse.

DomainError
├── NotFound
│   ├── CaseNotFound          no such case, or not for this caller
│   └── TrackingCodeUnknown   no case under this tracking code
├── NotAllowed
│   └── NotYourUnit           a provider acts for another unit's case
├── Conflict
│   ├── TransitionRefused     no such transition in the table of the steps, or a guard holds
│   ├── CapacityUsedUp        the resource has been given all its cases of today
│   ├── NotRateable           there is nothing closed to rate
│   └── AlreadyRated          this closing was rated before
└── Invalid
    ├── ResourceUnfit         the resource chosen by hand cannot take the case
    └── DateNotAhead          a date that must lie ahead does not
"""

from __future__ import annotations

from linli_kernel import states
from linli_kernel.errors import Conflict, Invalid, NotAllowed, NotFound


class CaseNotFound(NotFound):
    """No such case, or not for this caller to know of."""

    message = "There is no case {case_id}."


class TrackingCodeUnknown(NotFound):
    """No case under this tracking code; also before the request was verified."""

    message = "No case is known under this tracking code."


class NotYourUnit(NotAllowed):
    """A provider acts only for cases that its own unit was given."""

    message = "This case is not in the hands of your unit."


class TransitionRefused(states.TransitionRefused):
    """The action is not possible now; names what is possible instead."""

    message = "A case that is {state} does not allow {action} ({why}). Possible now: {possible}."


class CapacityUsedUp(Conflict):
    """The resource has been given as many cases today as it can take."""

    message = "Resource {resource_id} has no capacity left today."
    pointer = "/resource_id"


class NotRateable(Conflict):
    """Only closed cases are rated."""

    message = "The case is not closed yet, so there is nothing to rate."


class AlreadyRated(Conflict):
    """One verdict for each closing."""

    message = "This was rated already; thank you."


class ResourceUnfit(Invalid):
    """The resource is unknown, withdrawn, or does not deliver the service."""

    message = "Resource {resource_id} does not offer {service}."
    pointer = "/resource_id"


class DateNotAhead(Invalid):
    """The date must lie in the future."""

    message = "The date must lie in the future."
    pointer = "/resume_at"
