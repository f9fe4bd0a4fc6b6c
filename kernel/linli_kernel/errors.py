"""The root of every service's error tree.

DomainError
├── NotFound      no such thing, or not for this caller to know of
├── NotAllowed    the caller may not do this
├── Conflict      the present state does not allow it
├── Invalid       the input breaks a rule
├── TooMany       the caller has asked as often as it may for now
└── Unavailable   it cannot be done now, and may be done later

The HTTP edge maps these to 404, 403, 409, 422, 429 and 503, and the class name to the problem type;
a service derives its own errors from them and maps nothing.
"""

from __future__ import annotations

from typing import Any, ClassVar


class DomainError(Exception):
    """A rule of the domain refused something.

    Args:
        message: English template with `{named}` parameters, which the edge translates; the class
            attribute of the same name stands in for it.
        pointer: JSON pointer of the field at fault.
        params: Values of the named parameters.
    """

    message: str = ""
    pointer: str | None = None
    retry_after_s: int | None = None
    """Seconds after which it is worth trying again, where that is known."""
    status: ClassVar[int] = 409

    def __init__(
        self, message: str | None = None, /, *, pointer: str | None = None, **params: Any
    ) -> None:
        self.message = message or type(self).message
        self.pointer = pointer or type(self).pointer
        self.params = params
        super().__init__(self.message.format_map(params))


class NotFound(DomainError):
    """No such thing, or not for this caller to know of."""

    status = 404


class NotAllowed(DomainError):
    """The caller may not do this."""

    status = 403


class Conflict(DomainError):
    """The present state does not allow it."""

    status = 409


class Invalid(DomainError):
    """The input breaks a rule."""

    status = 422


class TooMany(DomainError):
    """The caller has asked as often as it may for now."""

    status = 429


class Unavailable(DomainError):
    """It cannot be done now, and may be done later."""

    status = 503
