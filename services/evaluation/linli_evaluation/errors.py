"""The errors of evaluation. Statuses come from the bases in `linli_kernel.errors`.

NotFound                   no such fact, subject or indicator (the kernel's own)
Invalid
└── BadPeriod              a period code that names no period
Conflict
├── PeriodNotOver          closing a period that still runs
├── PeriodAlreadyClosed    closing twice; revise instead
└── PeriodStillOpen        revising a period that was never closed
BadDefinitions             the file of indicator definitions cannot be used; no caller's fault
"""

from __future__ import annotations

from linli_kernel.errors import Conflict, Invalid


class BadPeriod(Invalid):
    """The code names no period."""

    message = "{code} is no period; write 2026, 2026-Q4, 2026-11, 2026-W47 or 2026-11-22."
    pointer = "/period"


class PeriodNotOver(Conflict):
    """The period still runs; its scorecards would change."""

    message = "{period} runs until {end}; close it then, or early."


class PeriodAlreadyClosed(Conflict):
    """The period is closed; only a revision with a reason may change it."""

    message = "{period} is closed already; revise it, with a reason."


class PeriodStillOpen(Conflict):
    """The period was never closed, so there is nothing to revise."""

    message = "{period} is not closed yet; there is nothing to revise."


class BadDefinitions(Exception):
    """The indicator definitions cannot be used; the message says which entry and why."""

    def __init__(self, where: str, problem: str) -> None:
        super().__init__(f"{where}: {problem}.")
