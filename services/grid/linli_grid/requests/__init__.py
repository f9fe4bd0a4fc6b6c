"""Residents' requests, from registering up to the case: verified, rejected, settled or linked.

A request is located in its grid and named with its probable duplicates; workers and dispatchers
take it along the table of transitions in `domain.py`. The resident's words and contact are
encrypted, and who reads them is recorded. A tracking code lets the resident follow it.
"""

from linli_grid.requests.commands import state_of
from linli_grid.requests.domain import VERIFIED, Request, priority_of
from linli_grid.requests.queries import find_service
from linli_grid.requests.tables import insert_imported

__all__ = ["VERIFIED", "Request", "find_service", "insert_imported", "priority_of", "state_of"]
