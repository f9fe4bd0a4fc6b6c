"""Residents' requests, from registering up to the case: verified, rejected, settled or linked.

A request is located in its grid and named with its probable duplicates to staff; workers and
dispatchers take it along the table of transitions in `domain.py`. The resident's words and contact
are encrypted; whether they consented, to which text and until when is kept. A tracking code lets
the resident follow it, and withdraw the consent.
"""

from linli_grid.requests.commands import ResidentWords, read_words, state_of
from linli_grid.requests.domain import VERIFIED, WORKERS, Request, priority_of
from linli_grid.requests.queries import find_service, requests_within
from linli_grid.requests.schemas import ContactBody
from linli_grid.requests.tables import insert_imported

__all__ = [
    "VERIFIED",
    "WORKERS",
    "ContactBody",
    "Request",
    "ResidentWords",
    "find_service",
    "insert_imported",
    "priority_of",
    "read_words",
    "requests_within",
    "state_of",
]
