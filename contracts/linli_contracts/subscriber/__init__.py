"""The client of systems that follow a district's events: `pip install 'linli-contracts[subscriber]'`.

Stands on pika alone; brings no service, no framework and no database along. docs/subscribing.md shows how to use it.
"""

from linli_contracts.subscriber.client import Subscriber
from linli_contracts.subscriber.keeping import Position, PositionFile, Quarantined, QuarantineFile, read_quarantine
from linli_contracts.subscriber.link import Refused
from linli_contracts.subscriber.taking import NotNow

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
