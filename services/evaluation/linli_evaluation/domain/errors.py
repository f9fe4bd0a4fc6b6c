"""The errors of evaluation.

EvaluationError
├── NotFound               no such fact, subject, indicator or closed period
├── BadPeriod              a period code that names no period
├── BadDefinitions         the file of indicator definitions cannot be used
├── PeriodNotOver          closing a period that still runs
├── PeriodAlreadyClosed    closing twice; revise instead
└── PeriodStillOpen        revising a period that was never closed
"""

from __future__ import annotations

import re
from typing import Any


class EvaluationError(Exception):
    """Base of the tree. `message` is an English template for `params`; `pointer` names the field at
    fault.
    """

    def __init__(self, message: str, *, pointer: str | None = None, **params: Any) -> None:
        super().__init__(
            re.sub(r"\{(\w+)\}", lambda match: str(params.get(match[1], match[0])), message)
        )
        self.message = message
        self.params = params
        self.pointer = pointer


class NotFound(EvaluationError):
    """There is no such thing, or nothing is known of it."""


class BadPeriod(EvaluationError):
    """The code names no period."""


class BadDefinitions(EvaluationError):
    """The indicator definitions cannot be used; the message says which entry and why."""

    def __init__(self, where: str, problem: str) -> None:
        super().__init__("{where}: {problem}.", where=where, problem=problem)


class PeriodNotOver(EvaluationError):
    """The period still runs; its scorecards would change."""


class PeriodAlreadyClosed(EvaluationError):
    """The period is closed; only a revision with a reason may change it."""


class PeriodStillOpen(EvaluationError):
    """The period was never closed, so there is nothing to revise."""
