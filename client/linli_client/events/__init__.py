"""The client of systems that follow a district's events: `pip install
'linli-contracts[subscriber]'`.

Stands on pika alone; brings no service, no framework and no database along. docs/subscribing.md
shows how to use it.
"""

from linli_client.events.connection import Refused
from linli_client.events.dispatcher import NotNow
from linli_client.events.persistence import (
    Position,
    PositionFile,
    Quarantined,
    QuarantineFile,
    read_quarantine,
)
from linli_client.events.subscriber import Subscriber

__all__ = [
    "NotNow",
    "Position",
    "PositionFile",
    "QuarantineFile",
    "Quarantined",
    "Refused",
    "Subscriber",
    "read_quarantine",
]
