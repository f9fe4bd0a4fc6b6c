"""State machines as data: from one table come the checks, what is possible now, and the diagram.

A table maps (state, action) to a `Transition`: where it leads, which roles may take it, what it
asks for, and a guard. A service keeps its table in the feature's `domain.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from linli_kernel.errors import Conflict, NotAllowed

ADMIN = "admin"
"""The role that may take every transition."""


class HasState(Protocol):
    """Anything with a state."""

    @property
    def state(self) -> str: ...


S = TypeVar("S", bound=HasState)
C = TypeVar("C")


@dataclass(frozen=True, slots=True)
class Transition(Generic[S, C]):
    """One way out of a state.

    `term` is the word of the field, in Chinese, or the reason for the transition. `otherwise` is
    where a check that fails leads. `guard` says why not, as a code, or nothing.
    """

    to: str
    roles: tuple[str, ...]
    term: str
    asks: tuple[str, ...] = ()
    guard: Callable[[S, C], str | None] | None = None
    otherwise: str | None = None


class TransitionRefused(Conflict):
    """The table has no such transition from this state, or its guard holds."""

    message = "{state} does not allow {action} ({why}). Possible now: {possible}."


class RoleRefused(NotAllowed):
    """The transition is there, and not for the roles of the caller."""

    message = "From {state} this needs one of the roles: {roles}."


class StateMachine(Generic[S, C]):
    """A table of transitions and what follows from it.

    Args:
        transitions: (state, action) to transition.
        refused: the service's own error for a refused transition; called with `state`, `action`,
            `why` (a code) and `possible` (what is possible instead).
    """

    def __init__(
        self,
        transitions: Mapping[tuple[str, str], Transition[S, C]],
        refused: type[TransitionRefused] = TransitionRefused,
    ) -> None:
        self.transitions = transitions
        self._refused = refused

    @property
    def actions(self) -> tuple[str, ...]:
        """All actions, in the order of the table."""
        return tuple(dict.fromkeys(action for _, action in self.transitions))

    def roles_of(self, action: str) -> tuple[str, ...]:
        """The roles that may take an action from some state, for the route that offers it."""
        roles = (
            role
            for (_, name), transition in self.transitions.items()
            if name == action
            for role in transition.roles
        )
        return tuple(dict.fromkeys(roles))

    def possible(
        self, subject: S, context: C, roles: Collection[str] | None = None
    ) -> dict[str, Transition[S, C]]:
        """The actions that are possible now, to anyone (`roles=None`) or to somebody with roles."""
        return {
            action: transition
            for (state, action), transition in self.transitions.items()
            if state == subject.state
            and _may(transition.roles, roles)
            and not (transition.guard and transition.guard(subject, context))
        }

    def take(
        self, subject: S, action: str, context: C, roles: Collection[str] | None = None
    ) -> Transition[S, C]:
        """The transition that `action` takes from the present state.

        Args:
            roles: those of the caller; None when the platform itself acts, as a timer does.
        Raises:
            TransitionRefused: there is none, or its guard holds; with what is possible instead.
            RoleRefused: it is not for these roles in this state.
        """
        transition = self.transitions.get((subject.state, action))
        why = "wrong_step"
        if transition is not None:
            why = (transition.guard(subject, context) if transition.guard else None) or ""
        if transition is None or why:
            others = ", ".join(self.possible(subject, context)) or "-"
            raise self._refused(state=str(subject.state), action=action, why=why, possible=others)
        if not _may(transition.roles, roles):
            raise RoleRefused(state=str(subject.state), roles=", ".join(transition.roles))
        return transition

    def diagram(self, begin: str, ends: Iterable[str], failed: str = "failed") -> str:
        """The table as a Mermaid state diagram.

        Args:
            begin: the arrow that leads in, such as `established: request_verified`.
            ends: the states that end it.
            failed: the word beside an action whose check failed.
        """
        lines = ["stateDiagram-v2", "    direction LR", f"    [*] --> {begin}"]
        for (state, action), transition in self.transitions.items():
            lines.append(f"    {state} --> {transition.to}: {action} {transition.term}")
            if transition.otherwise:
                lines.append(f"    {state} --> {transition.otherwise}: {action} {failed}")
        return "\n".join([*lines, *(f"    {state} --> [*]" for state in ends)])


def _may(allowed: Collection[str], roles: Collection[str] | None) -> bool:
    return roles is None or ADMIN in roles or not set(allowed).isdisjoint(roles)
