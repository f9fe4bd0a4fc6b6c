"""The way of a resident's request up to the case, as a table, and its priority."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID, uuid5

from linli_grid.domain.errors import TransitionRefused

REGISTERED, VERIFIED, REJECTED = "registered", "verified", "rejected"
RESOLVED_ON_SPOT, LINKED = "resolved_on_spot", "linked"
STATUSES = (REGISTERED, VERIFIED, REJECTED, RESOLVED_ON_SPOT, LINKED)
OPEN = (REGISTERED, VERIFIED)
"""States in which somebody works, or will work, on the matter: what a duplicate may be linked to.
"""

LOCATED, OUTSIDE, UNPLACED = "located", "outside", "unplaced"
GROUPS = ("older", "disabled", "child")

WORKERS = ("grid_worker", "dispatcher")


@dataclass(frozen=True, slots=True)
class Transition:
    """One way out of a state: where to, who may take it, and why it is there."""

    to: str
    roles: tuple[str, ...]
    reason: str


TRANSITIONS = {
    (REGISTERED, "verify"): Transition(
        VERIFIED, WORKERS, "found to be real; the service desk opens a case"
    ),
    (REGISTERED, "reject"): Transition(REJECTED, WORKERS, "cannot be taken on; says why"),
    (REGISTERED, "resolve_on_spot"): Transition(
        RESOLVED_ON_SPOT, WORKERS, "settled where it came up; needs no case"
    ),
    (REGISTERED, "link"): Transition(
        LINKED, WORKERS, "another report of a matter that is being worked on"
    ),
    # A worker who stands there knows better than the map; a wrong grid would also hand it to the
    # wrong people.
    (REGISTERED, "relocate"): Transition(
        REGISTERED, WORKERS, "belongs to another grid than the place said"
    ),
}


_HISTORY = UUID(
    "b6c9a3de-5d0e-5c53-8f29-0c6f3f1f5b5a"
)  # namespace of the ids below; never change it


def history_id(district: str, source: str, external_ref: str) -> UUID:
    """The id of a request brought in from another system: always the same, so that bringing it
    again adds nothing.
    """
    # The lengths keep ("a/b", "c") and ("a", "b/c") apart.
    return uuid5(_HISTORY, f"{district}/{len(source)}/{source}/{external_ref}")


def roles_of(action: str) -> tuple[str, ...]:
    """All roles that may take an action in some state."""
    return tuple(
        sorted({role for (_, a), t in TRANSITIONS.items() if a == action for role in t.roles})
    )


def actions_from(status: str) -> list[str]:
    """What can be done with a request in this state."""
    return [action for (at, action) in TRANSITIONS if at == status]


def decide(status: str, action: str) -> Transition:
    """The transition that an action takes from a state.

    Raises:
        TransitionRefused: the table has none; says in which states it has.
    """
    found = TRANSITIONS.get((status, action))
    if found is None:
        allowed = ", ".join(at for (at, a) in TRANSITIONS if a == action)
        raise TransitionRefused(
            "The request is {status}; this can be done only while it is {allowed}.",
            status=status,
            allowed=allowed,
        )
    return found


def check_link(
    request_id: object,
    original_id: object,
    original_status: str,
    original_of: object | None,
    *,
    followed: bool = False,
) -> None:
    """Whether a request may be linked to another one.

    Args:
        original_status: its own, or how it ended where it was imported from.
        followed: whether others are linked to the first.
    Raises:
        TransitionRefused: to itself, to one nobody works on, or to one that is linked on (says
            where to); or others are linked to the first, and would lead on.
    """
    pointer = "/original_request_id"
    if request_id == original_id:
        raise TransitionRefused("A request cannot be linked to itself.", pointer=pointer)
    if followed:
        raise TransitionRefused(
            "Other requests are linked to this one; link that one to this one instead.",
            pointer=pointer,
        )
    if original_of is not None:
        raise TransitionRefused(
            "That request is itself linked to {original}; link to that one.",
            pointer=pointer,
            original=str(original_of),
        )
    if original_status not in OPEN:
        raise TransitionRefused(
            "That request is {status}; nobody works on it any more.",
            pointer=pointer,
            status=original_status,
        )


def priority_of(category: str, priority_for: Iterable[str], groups: Iterable[str]) -> str:
    """The priority of a request; it describes the need, never the resident.

    Args:
        category: Code of the service asked for; what concerns public safety is urgent.
        priority_for: Groups that the catalogue puts first for this service.
        groups: Groups the resident said, with consent, to belong to. They are not kept, the
            priority is.
    """
    if category.startswith("public_safety."):
        return "urgent"
    return "raised" if set(priority_for) & set(groups) else "normal"
