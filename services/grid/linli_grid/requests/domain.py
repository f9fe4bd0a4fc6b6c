"""A resident's request: its record, its states as a table, and its priority."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from linli_kernel import states
from linli_kernel.errors import Invalid
from linli_kernel.states import StateMachine, Transition

from linli_grid.errors import TransitionRefused

REGISTERED, VERIFIED, REJECTED = "registered", "verified", "rejected"
RESOLVED_ON_SPOT, LINKED = "resolved_on_spot", "linked"
ENDS = (VERIFIED, REJECTED, RESOLVED_ON_SPOT, LINKED)
STATUSES = (REGISTERED, *ENDS)
OPEN = (REGISTERED, VERIFIED)
"""States in which somebody works, or will work, on the matter: what may be linked to."""

OPEN_OUTCOME = "open"
"""The outcome of a request whose older system had not finished it."""

URGENT, RAISED, NORMAL = "urgent", "raised", "normal"

GROUPS = ("older", "disabled", "child")
WORKERS = ("grid_worker", "dispatcher")
STAFF = frozenset({*WORKERS, "admin"})
"""Who registers for others, and is named what is known already."""

CHANNELS_OF_STAFF = ("patrol",)
"""Ways of coming in that no resident has."""


@dataclass(frozen=True, slots=True)
class Contact:
    """How to reach a resident."""

    name: str
    phone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterRequest:
    """Take a resident's request in."""

    category: str
    description: str
    longitude: float | None
    latitude: float | None
    coordinate_system: str
    channel: str
    contact: Contact | None
    consent: bool
    consent_text: str | None
    groups: Sequence[str]
    photos: Sequence[UUID]


@dataclass(frozen=True, slots=True)
class RejectRequest:
    """Turn a request down."""

    reason: str


@dataclass(frozen=True, slots=True)
class ResolveOnSpot:
    """Settle a request where it came up."""

    note: str


@dataclass(frozen=True, slots=True)
class LinkRequest:
    """Link a request to another one of the same matter."""

    original_request_id: UUID


@dataclass(frozen=True, slots=True)
class RelocateRequest:
    """Give a request to the grid it belongs to."""

    grid_code: str


@dataclass(frozen=True, kw_only=True)
class Request:
    """A resident's request.

    `description`, `contact` and `note` are encrypted for `request_id`; `source` and `external_ref`
    name it in the older system that it was imported from, `recorded_outcome` how it ended there.
    `consent_text` is the version of the text that the resident agreed to.
    """

    request_id: UUID
    source: str | None = None
    external_ref: str | None = None
    category: str
    channel: str
    priority: str
    status: str
    location_status: str
    grid_code: str | None
    longitude: float | None
    latitude: float | None
    description: str | None = None
    contact: str | None = None
    note: str | None = None
    photos: Sequence[str] | None = None
    consent_at: datetime | None = None
    consent_text: str | None = None
    consent_withdrawn_at: datetime | None = None
    tracking_digest: str
    original_request_id: UUID | None = None
    rejection_reason: str | None = None
    recorded_outcome: str | None = None
    registered_at: datetime
    updated_at: datetime

    @property
    def state(self) -> str:
        """Where it stands in the table of transitions."""
        return self.status

    @property
    def overall_status(self) -> str:
        """Its status, or how it ended in the older system."""
        ended = self.recorded_outcome not in (None, OPEN_OUTCOME)
        return str(self.recorded_outcome) if ended else self.status


REQUEST_STATES: StateMachine[Request, None] = StateMachine(
    {
        # Found to be real; the service desk opens a case.
        (REGISTERED, "verify"): Transition(VERIFIED, WORKERS, "核实"),
        # Cannot be taken on; says why.
        (REGISTERED, "reject"): Transition(REJECTED, WORKERS, "不予受理"),
        # Settled where it came up; needs no case.
        (REGISTERED, "resolve_on_spot"): Transition(RESOLVED_ON_SPOT, WORKERS, "现场办结"),
        # Another report of a matter that is being worked on.
        (REGISTERED, "link"): Transition(LINKED, WORKERS, "关联"),
        # A worker who stands there knows better than the map; a wrong grid would also hand it to
        # the wrong people.
        (REGISTERED, "relocate"): Transition(REGISTERED, WORKERS, "改派网格"),
    }
)


def take(request: Request, action: str, roles: Collection[str], now: datetime) -> Request:
    """The request after an action.

    Raises:
        TransitionRefused: its state does not allow it; says which states do.
        RoleRefused: it is not for these roles in this state.
    """
    try:
        transition = REQUEST_STATES.take(request, action, None, roles)
    except states.TransitionRefused as refusal:
        allowed = [state for state, name in REQUEST_STATES.transitions if name == action]
        raise TransitionRefused(state=request.status, allowed=", ".join(allowed)) from refusal
    return replace(request, status=transition.to, updated_at=now)


def check_link(request: Request, original: Request, *, followed: bool = False) -> None:
    """Whether a request may be linked to another one.

    Args:
        followed: whether others are linked to the first.
    Raises:
        TransitionRefused: to itself, to one nobody works on, or to one that is linked on (says
            where to); or others are linked to the first, and would lead on.
    """
    pointer = "/original_request_id"
    if request.request_id == original.request_id:
        raise TransitionRefused("A request cannot be linked to itself.", pointer=pointer)
    if followed:
        raise TransitionRefused(
            "Other requests are linked to this one; link that one to this one instead.",
            pointer=pointer,
        )
    if original.original_request_id is not None:
        raise TransitionRefused(
            "That request is itself linked to {original}; link to that one.",
            pointer=pointer,
            original=str(original.original_request_id),
        )
    if original.overall_status not in OPEN:
        raise TransitionRefused(
            "That request is {state}; nobody works on it any more.",
            pointer=pointer,
            state=original.overall_status,
        )


def is_urgent(category: str) -> bool:
    """Whether the service asked for concerns public safety."""
    return category.startswith("public_safety.")


def priority_of(
    category: str, priority_for: Iterable[str], groups: Iterable[str], *, by_staff: bool = True
) -> str:
    """The priority of a request; it describes the need, never the resident.

    Args:
        category: Code of the service asked for; what concerns public safety is urgent.
        priority_for: Groups that the catalogue puts first for this service.
        groups: Groups the resident said, with consent, to belong to. They are not kept, the
            priority is.
        by_staff: Whether staff say so; what a resident calls a danger is raised until verified.
    """
    if is_urgent(category):
        return URGENT if by_staff else RAISED
    return RAISED if set(priority_for) & set(groups) else NORMAL


def check_channel(channel: str, *, by_staff: bool) -> None:
    """Raise `Invalid` for a channel that only staff have."""
    if channel in CHANNELS_OF_STAFF and not by_staff:
        raise Invalid(
            "Only staff register what was seen on {channel}.", pointer="/channel", channel=channel
        )
