"""The errors a person at the command line can do something about.

Failure             it did not work; exit code 1
├── UsageFailure    a wrong option, file or setting; exit code 2
└── ServiceFailure  a service refused, with its RFC 9457 problem

Other exceptions become one of these in `explain`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Failure(Exception):
    """Something failed. `message` says what, `hint` what to do; both are translated."""

    code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def as_json(self) -> dict[str, Any]:
        return {"error": self.message, "hint": self.hint}


class UsageFailure(Failure):
    """A wrong option, file or setting."""

    code = 2


class ServiceFailure(Failure):
    """A service refused; `status` is the HTTP status, `problem` the document it answered."""

    def __init__(self, message: str, hint: str, status: int, problem: Mapping[str, Any]) -> None:
        super().__init__(message, hint)
        self.status = status
        self.problem = dict(problem)

    def as_json(self) -> dict[str, Any]:
        return {**super().as_json(), "status": self.status, "problem": self.problem}
