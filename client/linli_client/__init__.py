"""The client of other systems: follow the events of a district, and call its HTTP API.

    pip install linli-client

Stands on pika and requests; brings no service, no framework and no database along. What is listed
here is the public interface; docs/subscribing.md shows how to use it.
"""

from linli_client.errors import (
    BadTokenClaims,
    ClientError,
    Refused,
    ServiceProblem,
    ServiceUnavailable,
)
from linli_client.events import (
    NotNow,
    Position,
    PositionFile,
    Quarantined,
    QuarantineFile,
    Subscriber,
    read_quarantine,
)
from linli_client.http import Client
from linli_client.tokens import ADMIN, PUBLIC, Caller, TokenSigner

__all__ = [
    "ADMIN",
    "PUBLIC",
    "BadTokenClaims",
    "Caller",
    "Client",
    "ClientError",
    "NotNow",
    "Position",
    "PositionFile",
    "QuarantineFile",
    "Quarantined",
    "Refused",
    "ServiceProblem",
    "ServiceUnavailable",
    "Subscriber",
    "TokenSigner",
    "read_quarantine",
]
