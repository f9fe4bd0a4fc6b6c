"""What goes wrong between a client and a district.

ClientError
├── Refused             the broker answers, and says no
├── ServiceProblem      a service refused a call, with an RFC 9457 problem
├── ServiceUnavailable  a service could not be reached for as long as there was patience
└── BadTokenClaims      a token with these claims would not be accepted
    ├── UnknownRole
    ├── BadRegionCode
    └── SecretTooShort

Messages are English. `message` is their template and `params` what fills it, for whoever shows
them in another language.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class ClientError(Exception):
    """A call or a subscription failed.

    Args:
        message: a template with `{named}` places, instead of that of the class.
        params: what fills the places.
    """

    message = ""

    def __init__(self, message: str | None = None, /, **params: object) -> None:
        self.message = message or type(self).message
        self.params = params
        super().__init__(self.message.format_map(params) if params else self.message)


class Refused(ClientError):
    """The broker is there and says no: wrong password, no such district, or types that the account
    may not have.
    """


class ServiceUnavailable(ClientError):
    """A service could not be reached, or answered 429, 502, 503 or 504 until patience ended."""

    message = "{service} at {address} does not answer ({reason}); waited {seconds} s."


class ServiceProblem(ClientError):
    """A service refused a call.

    `status` is the HTTP status, `problem` the document (RFC 9457), empty where the answer was none;
    `pointers` are the fields at fault, each as `pointer: detail`.
    """

    message = "{service} answered {status}: {detail}"

    def __init__(
        self, service: str, status: int, problem: Mapping[str, Any], reason: str = ""
    ) -> None:
        detail = problem.get("detail") or problem.get("title") or reason
        super().__init__(service=service, status=status, detail=detail)
        self.status = status
        self.problem = dict(problem)
        errors = [problem, *(problem.get("errors") or [])]
        self.pointers = tuple(
            f"{error['pointer']}: {error.get('detail', '')}"
            for error in errors
            if error.get("pointer")
        )


class BadTokenClaims(ClientError, ValueError):
    """A token that no service would accept."""


class UnknownRole(BadTokenClaims):
    """There is no such role."""

    message = "There is no role {role}."


class BadRegionCode(BadTokenClaims):
    """The region of a token is the code of a division or of a grid."""

    message = "{region} is no region code."


class SecretTooShort(BadTokenClaims):
    """HS256 takes secrets of at least 32 bytes (RFC 7518, 3.2)."""

    message = "The secret has fewer than {count} bytes."
